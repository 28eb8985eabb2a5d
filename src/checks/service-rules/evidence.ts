/** What the probe on a node reports of its Service rules: small, the table itself as digests; and what it prints beside. */
import type { Family } from './address-set.ts';
import type { Backend } from './model.ts';

/** Mode is how kube-proxy writes rules on a node. */
export type Mode = 'iptables' | 'nftables' | 'ipvs';

/** Evidence is what one node reports. */
export interface Evidence {
  readonly version: 1;
  /**
   * mode is what kube-proxy says of itself (`:10249/proxyMode`), else what the kernel's rules show; `none` where there are
   * no rules of kube-proxy at all, `unknown` where it says nothing and the rules cannot be read.
   */
  readonly mode: Mode | 'none' | 'unknown';
  /** modeSource is `proxy` or `kernel`. */
  readonly modeSource: 'proxy' | 'kernel';
  /** backends are those that hold rules of kube-proxy (a chain KUBE-SERVICES with rules, the table kube-proxy). */
  readonly backends: readonly Backend[];
  /** unreadable says, for each tool whose output could not be read, why. Rules of that back end are not known. */
  readonly unreadable: readonly { readonly tool: string; readonly problem: string }[];
  readonly proxy: ProxyState;
  /** config is kube-proxy's own configuration (`:10249/configz`), absent where it could not be read. */
  readonly config?: ProxyConfig;
  /** host are the node's own addresses, without loopback, canonical and sorted by number; at most 64. */
  readonly host: readonly string[];
  /** families are those that were traced: those of the probe Pod's own addresses. */
  readonly families: readonly Family[];
  /** rows is how many rows the table has. */
  readonly rows: number;
  /** digests are those of the 128 buckets, in base64; empty where nothing could be traced. */
  readonly digests: string;
  /** missingJumps are jumps from the built-in chains that kube-proxy makes and that are not there: `nat/PREROUTING → KUBE-SERVICES`. */
  readonly missingJumps: readonly string[];
  /**
   * guards are rules behind the choice of an endpoint that are not understood and may drop packets or replace their
   * source (another agent's policies): with how many endpoints they concern; at most 8. They are not part of the table.
   */
  readonly guards: readonly Guard[];
  /** foreign are rules, of no chain of kube-proxy, that decided over packets to a Service; at most 8. */
  readonly foreign: readonly Guard[];
}

/** Guard is a rule that stands in the way of packets. */
export interface Guard {
  readonly rule: string;
  readonly count: number;
}

/** ProxyState is what kube-proxy's own HTTP ports say. */
export interface ProxyState {
  /** health is the answer of `:10256/healthz`; absent where nothing answered. */
  readonly health?: { readonly status: number; readonly healthy: boolean };
  /** healthError says why there is none: refused, timed out. */
  readonly healthError?: string;
  /** metricsError says why `:10249` did not answer; absent where it did. */
  readonly metricsError?: string;
  /**
   * lastSyncTime is when the rules were last written, lastQueuedTime when a change was last queued: by the node's clock,
   * RFC 3339, both of one and the same family, since most changes are of one only: of the family that has a change queued
   * after its last sync (the oldest such), else of the one that was written last.
   */
  readonly lastSyncTime?: string;
  readonly lastQueuedTime?: string;
  /** now is the node's clock when that was read. */
  readonly now: string;
  /** restoreFailures are failures to write rules since kube-proxy started, of all kinds. */
  readonly restoreFailures?: number;
}

/** ProxyConfig is what of KubeProxyConfiguration decides about rules. */
export interface ProxyConfig {
  readonly clusterCIDR: string;
  /** detectLocalMode is ClusterCIDR (also where it is empty), NodeCIDR, BridgeInterface or InterfaceNamePrefix. */
  readonly detectLocalMode: string;
  readonly bridgeInterface: string;
  readonly interfaceNamePrefix: string;
  /** nodePortAddresses are CIDRs, or `primary`; empty for the mode's default. */
  readonly nodePortAddresses: readonly string[];
  /** masqueradeAll, localhostNodePorts: those of the mode in force. */
  readonly masqueradeAll: boolean;
  readonly localhostNodePorts: boolean;
}

/** detailPrefix begins each line that the probe prints for one bucket: `netaudit-bucket <check> <bucket> <base64>`. */
export const detailPrefix = 'netaudit-bucket';

/** DetailRow is one row of a bucket as it is printed: gzip of JSON of an array of these, in base64. */
export interface DetailRow {
  /** entry is `entryText` of the row. */
  readonly entry: string;
  /** rules are few of the raw rules that packets met, those that decided first. */
  readonly rules: readonly string[];
}
