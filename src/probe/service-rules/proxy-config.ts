/** Reads kube-proxy's own configuration as `/configz` shows it. */
import type { Mode, ProxyConfig } from '../../checks/service-rules/evidence.ts';
import { isList, isObject, isText, type JsonObject, parseJson } from '../../checks/shape.ts';

/** key is the name under which kube-proxy registers its configuration (`configz.New`). */
const key = 'kubeproxy.config.k8s.io';

/** proxyConfigOf reads what decides about rules in a mode; undefined for what is no such configuration. */
export function proxyConfigOf(text: string, mode: Mode): ProxyConfig | undefined {
  const all = parseJson(text)?.value;
  const config = isObject(all) ? all[key] : undefined;
  if (!isObject(config) || config.kind !== 'KubeProxyConfiguration') return undefined;
  const section = sectionOf(config, mode);
  const detectLocal = isObject(config.detectLocal) ? config.detectLocal : {};
  const read = {
    clusterCIDR: textOf(config.clusterCIDR, 200),
    detectLocalMode: textOf(config.detectLocalMode, 64),
    bridgeInterface: textOf(detectLocal.bridgeInterface, 64),
    interfaceNamePrefix: textOf(detectLocal.interfaceNamePrefix, 64),
    nodePortAddresses: addressesOf(config.nodePortAddresses),
  };
  const { clusterCIDR, detectLocalMode, bridgeInterface, interfaceNamePrefix, nodePortAddresses } = read;
  if (clusterCIDR === undefined || detectLocalMode === undefined || nodePortAddresses === undefined)
    return undefined;
  if (bridgeInterface === undefined || interfaceNamePrefix === undefined) return undefined;
  return {
    clusterCIDR,
    detectLocalMode: detectLocalMode === '' ? 'ClusterCIDR' : detectLocalMode,
    bridgeInterface,
    interfaceNamePrefix,
    nodePortAddresses,
    masqueradeAll: section.masqueradeAll === true,
    localhostNodePorts: mode === 'iptables' && section.localhostNodePorts !== false,
  };
}

/** Each mode has a section of its own with the same fields; that of iptables was the only one for long. */
function sectionOf(config: JsonObject, mode: Mode): JsonObject {
  const section = config[mode];
  return isObject(section) ? section : {};
}

/** What is left out has its zero value. */
function textOf(value: unknown, most: number): string | undefined {
  if (value === undefined || value === null) return '';
  return isText(value, most) && /^[ -~]*$/.test(value) ? value : undefined;
}

function addressesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  return isList(value, 64, isAddress) ? value : undefined;
}

function isAddress(value: unknown): value is string {
  return isText(value, 64) && /^[ -~]*$/.test(value);
}
