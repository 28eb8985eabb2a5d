/** X.509 certificates (RFC 5280) on P-256 keys, written in DER by hand: openssl's process would cost more than the rest. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';

/** KeyPair is a certificate with its key, both PEM. */
export interface KeyPair {
  certPem: string;
  keyPem: string;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size: number[] = [];
  for (let rest = body.length; rest > 0; rest >>= 8) size.unshift(rest & 255);
  return Buffer.concat([Buffer.from([tag, 128 | size.length, ...size]), body]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const integer = (bytes: Buffer) => der(0x02, bytes);
const octets = (bytes: Buffer) => der(0x04, bytes);
const bits = (bytes: Buffer, unused = 0) => der(0x03, Buffer.from([unused]), bytes);
const text = (value: string) => der(0x0c, Buffer.from(value));
const yes = der(0x01, Buffer.from([0xff]));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 127];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
    bytes.push(...digits);
  }
  return der(0x06, Buffer.from(bytes));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function name(commonName: string, organizations: string[]): Buffer {
  const part = (type: string, value: string) => der(0x31, sequence(oid(type), text(value)));
  return sequence(...organizations.map((value) => part('2.5.4.10', value)), part('2.5.4.3', commonName));
}

function ipBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (side: string) => side.split(':').filter(Boolean);
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  const all = address.includes('::') ? [...groups(head), ...zeros, ...groups(tail)] : groups(head);
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function subjectAltName(names: string[]): Buffer {
  const entry = (value: string) => (isIP(value) ? der(0x87, ipBytes(value)) : der(0x82, Buffer.from(value)));
  return sequence(...names.map(entry));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), octets(value));
}

interface Subject {
  commonName: string;
  organizations: string[];
  names: string[];
  use: 'ca' | 'server' | 'client';
}

function extensions(subject: Subject, keyId: Buffer, authorityId: Buffer): Buffer {
  const ca = subject.use === 'ca';
  const usage = ca ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7);
  const purpose = subject.use === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2';
  const list = [
    extension('2.5.29.19', true, sequence(...(ca ? [yes] : []))),
    extension('2.5.29.15', true, usage),
    extension('2.5.29.14', false, octets(keyId)),
    extension('2.5.29.35', false, sequence(der(0x80, authorityId))),
  ];
  if (!ca) list.push(extension('2.5.29.37', false, sequence(oid(purpose))));
  if (subject.names.length > 0) list.push(extension('2.5.29.17', false, subjectAltName(subject.names)));
  return der(0xa3, sequence(...list));
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const day = 86_400_000;

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** CertificateAuthority signs for one sandbox. */
export class CertificateAuthority {
  readonly #key: KeyObject;
  readonly #keyId: Buffer;
  /** certPem is its own certificate. */
  readonly certPem: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    this.#keyId = createHash('sha1').update(spki).digest();
    this.certPem = this.#certify({ commonName: 'kubernetes', organizations: [], names: [], use: 'ca' }, spki);
  }

  /** issue makes a key and a certificate for a server (`names`: DNS names and addresses) or a client. */
  issue(
    use: 'server' | 'client',
    commonName: string,
    organizations: string[],
    names: string[] = [],
  ): KeyPair {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    return {
      certPem: this.#certify({ commonName, organizations, names, use }, spki),
      keyPem: String(keyPem),
    };
  }

  #certify(subject: Subject, spki: Buffer): string {
    const keyId = createHash('sha1').update(spki).digest();
    const serial = Buffer.concat([Buffer.from([0x4e]), randomBytes(15)]);
    const now = Date.now();
    const body = sequence(
      der(0xa0, integer(Buffer.from([2]))),
      integer(serial),
      ecdsaWithSha256,
      name('kubernetes', []),
      sequence(time(new Date(now - day)), time(new Date(now + 365 * day))),
      name(subject.commonName, subject.organizations),
      spki,
      extensions(subject, keyId, this.#keyId),
    );
    const signature = sign('sha256', body, { key: this.#key, dsaEncoding: 'der' });
    return pem('CERTIFICATE', sequence(body, ecdsaWithSha256, bits(signature)));
  }
}
