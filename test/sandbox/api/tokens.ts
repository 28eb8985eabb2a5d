/** Bearer tokens: those of the sandbox's users, and bound ServiceAccount tokens as signed JWTs. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import type { Call, User } from './call.ts';
import { timestamp } from './clock.ts';
import { badRequest, notFound } from './errors.ts';
import { at, isObject, type JsonObject, numberOf, objectOf, parseJson, stringOf } from './json.ts';
import { type ServerState, stored } from './state.ts';

const issuer = 'https://kubernetes.default.svc.cluster.local';

function part(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Tokens signs and reads tokens with a key of this server. */
export class Tokens {
  readonly #users = new Map<string, User>();
  readonly #key: KeyObject;
  readonly #public: KeyObject;

  constructor() {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    this.#public = createPublicKey(privateKey);
  }

  /** forUser makes a static token for a user of the sandbox. */
  forUser(user: User): string {
    const token = randomUUID();
    this.#users.set(token, user);
    return token;
  }

  /** user is whom a static token stands for. */
  user(token: string): User | undefined {
    return this.#users.get(token);
  }

  /** sign makes a JWT of claims. */
  sign(claims: JsonObject): string {
    const head = `${part({ alg: 'ES256', typ: 'JWT' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(head), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${head}.${signature.toString('base64url')}`;
  }

  /** claims reads a JWT of this server; undefined where the signature or the time is wrong. */
  claims(token: string): JsonObject | undefined {
    const [head, body, signature] = token.split('.');
    if (!head || !body || !signature) return undefined;
    const key = { key: this.#public, dsaEncoding: 'ieee-p1363' as const };
    if (!verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
      return undefined;
    const claims = parseJson(Buffer.from(body, 'base64url').toString());
    if (!isObject(claims) || (numberOf(claims.exp) ?? 0) * 1000 < Date.now()) return undefined;
    return claims;
  }
}

/** serviceAccountUser is the user that a ServiceAccount's token stands for. */
export function serviceAccountUser(namespace: string, name: string, uid = ''): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...(uid ? { uid } : {}),
  };
}

/** mintToken makes a token bound to a ServiceAccount and, if named, to a Pod: it ends with either of them. */
export function mintToken(
  state: ServerState,
  namespace: string,
  name: string,
  podName = '',
  seconds = 3607,
): string {
  const account = stored(state, '/serviceaccounts', namespace, name);
  if (!account) throw notFound({ group: '', plural: 'serviceaccounts' }, name);
  const pod = podName ? stored(state, '/pods', namespace, podName) : undefined;
  if (podName && !pod) throw notFound({ group: '', plural: 'pods' }, podName);
  const now = Math.floor(Date.now() / 1000);
  return state.tokens.sign({
    aud: [issuer],
    exp: now + seconds,
    iat: now,
    iss: issuer,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      serviceaccount: { name, uid: stringOf(at(account, 'metadata', 'uid')) },
      ...(pod ? { pod: { name: podName, uid: stringOf(at(pod, 'metadata', 'uid')) } } : {}),
    },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  });
}

/** userOfToken is who a bearer token stands for; undefined where it is none of ours, or its account or Pod is gone. */
export function userOfToken(state: ServerState, token: string): User | undefined {
  const known = state.tokens.user(token);
  if (known) return known;
  const claims = state.tokens.claims(token);
  const own = objectOf(claims?.['kubernetes.io']);
  const namespace = stringOf(own.namespace);
  const name = stringOf(at(own, 'serviceaccount', 'name'));
  const uid = at(own, 'serviceaccount', 'uid');
  const account = stored(state, '/serviceaccounts', namespace, name);
  if (!claims || !account || at(account, 'metadata', 'uid') !== uid) return undefined;
  const podName = stringOf(at(own, 'pod', 'name'));
  if (podName) {
    const pod = stored(state, '/pods', namespace, podName);
    if (!pod || at(pod, 'metadata', 'uid') !== at(own, 'pod', 'uid')) return undefined;
  }
  return serviceAccountUser(namespace, name, stringOf(uid));
}

/** tokenRequest answers POST serviceaccounts/NAME/token. */
export function tokenRequest(state: ServerState, call: Call): JsonObject {
  const spec = objectOf(objectOf(call.body).spec);
  const seconds = numberOf(spec.expirationSeconds) ?? 3600;
  if (seconds < 600) throw badRequest('may not specify a duration less than 10 minutes');
  const bound = objectOf(spec.boundObjectRef);
  const pod = bound.kind === 'Pod' ? stringOf(bound.name) : '';
  const token = mintToken(state, call.namespace, call.name, pod, seconds);
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: call.name, namespace: call.namespace, creationTimestamp: timestamp() },
    spec: {
      audiences: [issuer],
      expirationSeconds: seconds,
      boundObjectRef: Object.keys(bound).length ? bound : null,
    },
    status: { token, expirationTimestamp: timestamp(new Date(Date.now() + seconds * 1000)) },
  };
}
