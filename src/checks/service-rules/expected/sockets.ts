/** Endpoints as rows name them: `10.244.1.4:8080`, `[fd00::4]:8080`. */

/** addressOfSocket is the address of an endpoint. */
export function addressOfSocket(endpoint: string): string {
  const end = endpoint.lastIndexOf(':');
  const address = end < 0 ? endpoint : endpoint.slice(0, end);
  return address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
}
