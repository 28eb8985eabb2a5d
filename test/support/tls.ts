/** A certificate for 127.0.0.1 that lives as long as a test. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** KeyPair is a self-signed certificate, which is its own authority, and its key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** createKeyPair makes a certificate for 127.0.0.1, or of a client of that name. */
export function createKeyPair(commonName = 'test'): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), 'netaudit-tls-'));
  try {
    const [cert, key] = [join(folder, 'cert'), join(folder, 'key')];
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const subject = ['-subj', `/CN=${commonName}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
