import { isReady, NODES, type Node, PODS, type Pod } from '../kinds.ts';
import type { ServicePort } from '../proxy/service-ports.ts';
import type { Sandbox } from '../sandbox.ts';
import type * as cluster from './cluster.ts';
import { duplicateAddress } from './duplicate.ts';
import { type Execute, type Fault, inject, type Target } from './fault.ts';
import { breakRules } from './proxy.ts';
import type { RuleFaultName } from './proxy-edits.ts';

/** SandboxFaults breaks a sandbox and remembers how to mend it. */
export class SandboxFaults {
  readonly #sandbox: Sandbox;
  readonly #undos: cluster.Undo[] = [];

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /** target is a node as network faults know it. */
  async target(name: string): Promise<Target> {
    const { spec, status } = await this.#sandbox.client.get<Node>(NODES, '', name);
    const internal = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP');
    return { name, addresses: internal.map(({ address }) => address), podCIDRs: spec?.podCIDRs ?? [] };
  }

  /** network injects a fault that is data. */
  async network(fault: Fault): Promise<cluster.Undo> {
    return this.#keep(await inject(fault, this.#execute));
  }

  /** duplicate gives a Pod's address to a second one, on another node; it resolves when that one answers there. */
  async duplicate(
    node: string,
    address: string,
    namespace: string,
    command: string[],
  ): Promise<cluster.Undo> {
    const { client } = this.#sandbox;
    const { pod, fault } = duplicateAddress(await this.target(node), address, namespace, command);
    const made = await client.create(PODS, pod);
    const name = made.metadata.name ?? '';
    await this.#ready(namespace, name);
    const mend = await inject(fault, this.#execute);
    return this.#keep(async () => {
      await mend();
      await client.delete(PODS, namespace, name, { gracePeriodSeconds: 0 });
    });
  }

  /** rules breaks what a node's proxy has written, by name; `port` is the Service's that is hit (see `portOf`). */
  async rules(node: string, name: RuleFaultName, port: ServicePort): Promise<cluster.Undo> {
    const mode = this.#sandbox.proxies.get(node)?.mode;
    if (mode === undefined) throw new Error(`There is no node ${node}`);
    return this.#keep(await breakRules(this.#execute, { node, mode }, name, port));
  }

  /** cluster keeps the undo of a fault of objects or kubelets: `faults.cluster(cordon(client, 'n1'))`. */
  async cluster(fault: Promise<cluster.Undo>): Promise<cluster.Undo> {
    return this.#keep(await fault);
  }

  /** mend takes back every fault that is still there, newest first. */
  async mend(): Promise<void> {
    for (const undo of this.#undos.splice(0).reverse()) await undo();
  }

  readonly #execute: Execute = ({ place, argv, input }) => {
    const options = input === undefined ? {} : { input };
    if ('node' in place) return this.#sandbox.nodeExec(place.node, argv, options);
    return this.#sandbox.fabricExec(argv, options);
  };

  #keep(undo: cluster.Undo): cluster.Undo {
    let done = false;
    const once = async () => {
      if (done) return;
      done = true;
      await undo();
    };
    this.#undos.push(once);
    return once;
  }

  #ready(namespace: string, name: string): Promise<void> {
    return new Promise((resolve) => {
      const selector = { namespace, fieldSelector: `metadata.name=${name}` };
      const end = this.#sandbox.client.watch<Pod>(PODS, selector, ({ object }) => {
        if (!isReady(object)) return;
        queueMicrotask(() => end());
        resolve();
      });
    });
  }
}
