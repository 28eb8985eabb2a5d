/** What one DNS probe is asked, and the one order of its questions, which the probe and the judge both follow. */
import {
  type DNSPath,
  dnsPaths,
  maxDNSServices,
  maxLookups,
  type RecordType,
  recordTypes,
} from '../../api/v1alpha1/index.ts';
import type { Task } from '../check.ts';
import { familyOf } from '../pod-to-pod/addresses.ts';
import { isList, isObject, isText, isWhole } from '../shape.ts';

/** Transport is a protocol that DNS questions are asked over. */
export type Transport = 'UDP' | 'TCP';

/** DNSTask is one prober's task. */
export interface DNSTask {
  /** lookups are the names to ask for, each with the type of its records. */
  readonly lookups: readonly TaskLookup[];
  readonly paths: readonly DNSPath[];
  readonly transports: readonly Transport[];
  readonly timeoutSeconds: number;
  /** services are the DNS Services of the plan, each with those of its endpoints that this node asks. */
  readonly services: readonly TaskService[];
  /** first is the lookup to begin with: where the budget does not do for all, the next run begins elsewhere. */
  readonly first: number;
  /** budget is how many questions a probe asks at most, and for how many seconds. */
  readonly budget: { readonly questions: number; readonly seconds: number };
}

/** TaskLookup is one name and the type of record to ask for. */
export type TaskLookup = readonly [name: string, type: RecordType];

/** TaskService is a DNS Service: its cluster addresses, and endpoints to ask. */
export interface TaskService {
  readonly addresses: readonly string[];
  readonly endpoints: readonly TaskEndpoint[];
}

/** TaskEndpoint is one endpoint: where it answers. */
export type TaskEndpoint = readonly [address: string, port: number];

/** Server is whom a question goes to. The server of ResolvConf is what the Pod's resolv.conf says, and has no address. */
export interface Server {
  readonly path: DNSPath;
  readonly address: string;
  readonly port: number;
}

/** Question is one lookup at one server over one transport. */
export interface Question {
  readonly server: Server;
  readonly transport: Transport;
  /** lookup is the index in the task's lookups. */
  readonly lookup: number;
}

/** serversOf lists whom to ask when the Pod's resolv.conf names these servers: the DNS Service is the one named there. */
export function serversOf(task: DNSTask, nameservers: readonly string[]): readonly Server[] {
  const service = task.services[chosenService(task, nameservers)];
  return dnsPaths
    .filter((path) => task.paths.includes(path))
    .flatMap((path): readonly Server[] => {
      if (path === 'ResolvConf') return [{ path, address: '', port: 53 }];
      if (path === 'Service')
        return (service?.addresses ?? []).map((address) => ({ path, address, port: 53 }));
      return (service?.endpoints ?? []).map(([address, port]) => ({ path, address, port }));
    });
}

/** chosenService is the index of the Service that the Pod's resolv.conf names, else 0, and -1 where there is none. */
export function chosenService({ services }: DNSTask, nameservers: readonly string[]): number {
  const named = services.findIndex(({ addresses }) =>
    addresses.some((address) => nameservers.includes(address)),
  );
  return named >= 0 ? named : services.length > 0 ? 0 : -1;
}

/**
 * questionsOf lists all questions: for each server, for each transport, the lookups. Names that go through the search
 * list are asked along ResolvConf only, which is asked over UDP only: how it falls back is the resolver's own affair.
 */
export function questionsOf(task: DNSTask, servers: readonly Server[]): readonly Question[] {
  return servers.flatMap((server) => {
    const transports: readonly Transport[] = server.path === 'ResolvConf' ? ['UDP'] : task.transports;
    return transports.flatMap((transport) =>
      task.lookups.flatMap((each, lookup): readonly Question[] =>
        server.path !== 'ResolvConf' && isRelative(each) ? [] : [{ server, transport, lookup }],
      ),
    );
  });
}

/** isRelative tells a name that the search list applies to. */
export function isRelative([name, type]: TaskLookup): boolean {
  return !name.endsWith('.') && !(type === 'PTR' && familyOf(name) !== undefined);
}

/** readTask narrows a task, undefined when it is none of DNS. */
export function readTask(task: Task): DNSTask | undefined {
  const { lookups, paths, transports, timeoutSeconds, services, first, budget } = task;
  if (!isList(lookups, maxLookups, isLookup) || !isList(paths, dnsPaths.length, isPath)) return undefined;
  if (!isList(transports, 2, isTransport) || !isWhole(timeoutSeconds, 1, 60)) return undefined;
  if (!isList(services, maxDNSServices, isService)) return undefined;
  if (!isWhole(first, 0, Math.max(0, lookups.length - 1)) || !isObject(budget)) return undefined;
  const { questions, seconds } = budget;
  if (!isWhole(questions, 1, 10_000) || !isWhole(seconds, 1, 3600)) return undefined;
  return {
    lookups,
    paths,
    transports,
    timeoutSeconds,
    services,
    first,
    budget: { questions, seconds },
  };
}

function isLookup(value: unknown): value is TaskLookup {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    isText(value[0], 255) &&
    isName(value[0]) &&
    recordTypes.some((type) => type === value[1])
  );
}

/** What reaches a command line is checked where it does, whoever checked it before. */
function isName(name: string): boolean {
  return /^[A-Za-z0-9_:][-A-Za-z0-9_.:]*$/.test(name);
}

function isPath(value: unknown): value is DNSPath {
  return dnsPaths.some((path) => path === value);
}

function isTransport(value: unknown): value is Transport {
  return value === 'UDP' || value === 'TCP';
}

function isAddress(value: unknown): value is string {
  return isText(value, 45) && familyOf(value) !== undefined;
}

function isEndpoint(value: unknown): value is TaskEndpoint {
  return Array.isArray(value) && value.length === 2 && isAddress(value[0]) && isWhole(value[1], 1, 65535);
}

function isService(value: unknown): value is TaskService {
  return isObject(value) && isList(value.addresses, 2, isAddress) && isList(value.endpoints, 100, isEndpoint);
}
