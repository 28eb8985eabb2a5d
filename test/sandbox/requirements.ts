import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run, TOOL_PATH } from './node/command.ts';

/** The commands that the sandbox calls, by the Debian package that has them. */
const COMMANDS: Record<string, string[]> = {
  bubblewrap: ['bwrap'],
  conntrack: ['conntrack'],
  iproute2: ['ip', 'bridge'],
  iptables: ['iptables-nft-save', 'iptables-legacy-save'],
  nfacct: ['nfacct'],
  nftables: ['nft'],
  openssl: ['openssl'],
  procps: ['sysctl'],
  'util-linux': ['setpriv', 'nsenter', 'unshare'],
  bind9: ['named'],
  'bind9-dnsutils': ['nslookup', 'nsupdate'],
  curl: ['curl'],
};

/** The files that the sandbox needs, by package. */
const FILES: Record<string, string[]> = {
  'containernetworking-plugins': ['/usr/lib/cni/bridge', '/usr/lib/cni/host-local'],
};

/** findCommand is where a command lies on a path such as $PATH, or undefined. */
export async function findCommand(name: string, path = TOOL_PATH): Promise<string | undefined> {
  for (const directory of path.split(delimiter).filter((part) => part !== '')) {
    const file = join(directory, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

/** missingPackages are the Debian packages that this machine lacks. */
export async function missingPackages(): Promise<string[]> {
  const missing = new Set<string>();
  for (const [name, commands] of Object.entries(COMMANDS)) {
    const found = await Promise.all(commands.map((command) => findCommand(command)));
    if (found.includes(undefined)) missing.add(name);
  }
  for (const [name, files] of Object.entries(FILES)) {
    const found = await Promise.all(
      files.map((file) =>
        access(file).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (found.includes(false)) missing.add(name);
  }
  return [...missing].sort();
}

/** obstacle is one sentence about why the sandbox cannot work on this machine, or undefined when it can. */
export async function obstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'The sandbox needs Linux: its nodes are network namespaces.';
  const packages = await missingPackages();
  if (packages.length > 0) {
    return `The sandbox needs these Debian packages, which test/sandbox/setup.sh installs: ${packages.join(', ')}.`;
  }
  if (process.getuid?.() !== 0) return 'The sandbox must be started as root: it makes network namespaces.';
  const { code } = await run(['unshare', '--net', '--mount', 'true']);
  if (code !== 0) return 'The sandbox cannot make network namespaces here, although it is root.';
  return undefined;
}
