/** A node's own files: what on a real machine would be its /etc, /opt and /var. */
import { cp, link, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CNI_DIRECTORY } from './cni.ts';

const MACHINE_PLUGINS = '/usr/lib/cni';

/** OWN_DIRECTORIES are those that a node has of its own; every other path is the machine's. */
export const OWN_DIRECTORIES = ['/etc', '/opt', '/var', '/run', '/home', '/tmp'];

/** Small files of the machine that every rootfs needs: the dynamic linker's, names, services. */
const ETC_FILES = [
  'ethertypes',
  'gai.conf',
  'group',
  'host.conf',
  'ld.so.cache',
  'ld.so.conf',
  'nsswitch.conf',
  'os-release',
  'passwd',
  'protocols',
  'rpc',
  'services',
];
/** Directories of the machine that appear in every rootfs as they are: iptables' alternatives, certificates. */
const ETC_DIRECTORIES = ['alternatives', 'bind', 'iproute2', 'ld.so.conf.d', 'ssl'];

/** conflist is the network configuration of a node: Debian's bridge and host-local plugins, no masquerading. */
export function conflist(podCIDRs: string[]): string {
  const network = {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: podCIDRs.map((subnet) => [{ subnet }]),
          routes: podCIDRs.map((subnet) => ({ dst: subnet.includes(':') ? '::/0' : '0.0.0.0/0' })),
        },
      },
    ],
  };
  return `${JSON.stringify(network, null, 2)}\n`;
}

async function linkPlugins(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const plugin of await readdir(MACHINE_PLUGINS)) {
    const [from, to] = [join(MACHINE_PLUGINS, plugin), join(directory, plugin)];
    await link(from, to).catch(() => cp(from, to));
  }
}

async function copyEtc(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  // A machine without one of these files is well without it.
  await Promise.all(ETC_FILES.map((name) => cp(join('/etc', name), join(directory, name)).catch(() => {})));
}

/** RootFs is what every container's file system is made of, besides its image and its volumes. */
export interface RootFs {
  /** A directory that holds the container's /etc; resolv.conf, hosts and hostname in it are mount points. */
  etc: string;
  /** bubblewrap's arguments for the directories of the machine that lie in /etc, and for /usr. */
  etcBinds: string[];
  usrBinds: string[];
}

async function existing(paths: string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        () => path,
        () => undefined,
      ),
    ),
  );
  return found.filter((path) => path !== undefined);
}

async function machineUsr(): Promise<string[]> {
  const parts = (await readdir('/usr')).filter((name) => name !== 'local');
  const links = await existing(
    ['bin', 'sbin', 'lib', 'lib64', 'lib32', 'libx32'].map((name) => `/usr/${name}`),
  );
  return [
    // bubblewrap makes missing parents for root alone to enter.
    ...['--dir', '/usr', '--dir', '/usr/local', '--dir', '/usr/local/bin', '--dir', '/usr/local/sbin'],
    ...parts.flatMap((name) => ['--ro-bind', `/usr/${name}`, `/usr/${name}`]),
    ...links.flatMap((path) => ['--symlink', path.slice(1), path.slice('/usr'.length)]),
  ];
}

/** makeRootFs makes the file system that all containers share, with an account for the project's own user. */
export async function makeRootFs(directory: string): Promise<RootFs> {
  const etc = join(directory, 'etc');
  const [, directories, usrBinds] = await Promise.all([
    copyEtc(etc),
    existing(ETC_DIRECTORIES.map((name) => `/etc/${name}`)),
    machineUsr(),
  ]);
  const passwd = await readFile(join(etc, 'passwd'), 'utf8').catch(() => 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(
    join(etc, 'passwd'),
    `${passwd}nonroot:x:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin\n`,
  );
  await Promise.all([
    ...['resolv.conf', 'hosts', 'hostname'].map((name) => writeFile(join(etc, name), '')),
    ...directories.map((path) => mkdir(join(directory, path), { recursive: true })),
  ]);
  return { etc, usrBinds, etcBinds: directories.flatMap((path) => ['--ro-bind', path, path]) };
}

/** makeTree makes the directory tree of one node and returns the directory that stands for its `/`. */
export async function makeTree(
  directory: string,
  name: string,
  podCIDRs: string[],
  resolv: string,
): Promise<string> {
  const root = join(directory, 'root');
  const folders = [
    'var/lib/kubelet',
    'var/lib/cni/networks',
    'etc/kubernetes/manifests',
    CNI_DIRECTORY,
    'run',
    'tmp',
  ];
  await Promise.all(folders.map((folder) => mkdir(join(root, folder), { recursive: true })));
  await Promise.all([
    linkPlugins(join(root, 'opt/cni/bin')),
    copyEtc(join(root, 'etc')),
    // Debian's iptables is a link into this directory.
    cp('/etc/alternatives', join(root, 'etc/alternatives'), { recursive: true, verbatimSymlinks: true }),
    writeFile(join(root, CNI_DIRECTORY, '10-pods.conflist'), conflist(podCIDRs)),
    writeFile(join(root, 'etc/hostname'), `${name}\n`),
    writeFile(join(root, 'etc/hosts'), `127.0.0.1 localhost\n127.0.1.1 ${name}\n`),
    writeFile(join(root, 'etc/resolv.conf'), resolv),
  ]);
  return root;
}

/** onNode is where a path of a node lies on this machine. */
export function onNode(root: string, path: string): string {
  const own = OWN_DIRECTORIES.some((directory) => path === directory || path.startsWith(`${directory}/`));
  return own || path === '/' ? join(root, path) : path;
}
