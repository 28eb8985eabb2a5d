import { absolute } from './names.ts';

/** domainOf is the first zone that a Corefile gives to the plugin kubernetes; nothing else of it is read. */
export function domainOf(corefile: string): string {
  const domain = /^\s*kubernetes\s+(\S+)/m.exec(corefile)?.[1];
  if (domain === undefined) throw new Error('The Corefile has no plugin kubernetes with a zone');
  return absolute(domain);
}
