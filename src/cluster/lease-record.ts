/** What is written into a Lease: pure, by client-go's rules. Nobody decides by its times, they are for people. */
import { type JsonObject, numberOf, objectAt, textOf } from './json.ts';
import { microTime } from './micro-time.ts';

/** holderOf is who holds a Lease; empty when nobody does. */
export function holderOf(lease: JsonObject | undefined): string {
  return textOf(objectAt(lease, 'spec').holderIdentity);
}

/** madeBy is a Lease that its maker holds. */
export function madeBy(
  identity: string,
  metadata: { readonly name: string; readonly namespace: string },
  leaseMilliseconds: number,
  now: Date,
) {
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata };
  return {
    ...lease,
    spec: { ...heldBy(identity, leaseMilliseconds, now), acquireTime: microTime(now), leaseTransitions: 0 },
  };
}

/** takenBy is the Lease after it was taken or renewed; what else is in it stays. */
export function takenBy(
  identity: string,
  lease: JsonObject,
  leaseMilliseconds: number,
  now: Date,
): JsonObject {
  const spec = objectAt(lease, 'spec');
  const held = { ...spec, ...heldBy(identity, leaseMilliseconds, now) };
  if (holderOf(lease) === identity) return { ...lease, spec: held };
  const leaseTransitions = (numberOf(spec.leaseTransitions) ?? 0) + 1;
  return { ...lease, spec: { ...held, acquireTime: microTime(now), leaseTransitions } };
}

/** givenBack is the Lease without a holder; a second's duration lets the next one take it at once. */
export function givenBack(lease: JsonObject, now: Date): JsonObject {
  const spec = {
    ...objectAt(lease, 'spec'),
    holderIdentity: '',
    leaseDurationSeconds: 1,
    renewTime: microTime(now),
  };
  return { ...lease, spec };
}

function heldBy(identity: string, leaseMilliseconds: number, now: Date) {
  const leaseDurationSeconds = Math.ceil(leaseMilliseconds / 1000);
  return { holderIdentity: identity, leaseDurationSeconds, renewTime: microTime(now) };
}
