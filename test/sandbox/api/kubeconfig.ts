/** Kubeconfig files for the users of the sandbox. */
import { dump } from 'js-yaml';

/** Credentials are what a kubeconfig says of its user. */
export type Credentials = { token: string } | { certPem: string; keyPem: string };

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** kubeconfig writes the YAML of a kubeconfig with one cluster, one user and one context. */
export function kubeconfig(url: string, caPem: string, user: string, credentials: Credentials): string {
  const own =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certPem),
          'client-key-data': base64(credentials.keyPem),
        };
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server: url, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: user, user: own }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user } }],
    'current-context': 'sandbox',
  });
}
