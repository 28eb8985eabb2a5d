/** The ports of a DNS replica beside 53. */

/** HEALTH_PORT and READY_PORT are CoreDNS's own. */
export const HEALTH_PORT = 8080;
export const READY_PORT = 8181;
/** FAULT_PORT is where faults are put and deleted by name, on the loopback. */
export const FAULT_PORT = 8053;
