/** A row that a node must have, with the Service that says so. */
import type { AddressSet } from '../address-set.ts';
import type { Entry } from '../entry.ts';

/** ExpectedRow is one. */
export interface ExpectedRow {
  readonly entry: Entry;
  /** service is `namespace/name`. */
  readonly service: string;
  /** portName is empty for the unnamed port, and for `OtherPorts`. */
  readonly portName: string;
  /** allowed are the sources that the load balancer's source ranges let through, absent where there are none. */
  readonly allowed?: { readonly entering: AddressSet; readonly node: AddressSet };
  /** alternatives are what other Services that claim the same destination want there: as good as `entry`. */
  readonly alternatives?: readonly Entry[];
  /** claimants are the Services that want them, `namespace/name`. */
  readonly claimants?: readonly string[];
}
