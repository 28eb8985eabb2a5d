/**
 * What dot-i and this folder really use of `@kubernetes/client-node`, for the bundle: the generated API behind it is
 * most of the bundle's size and of its start. The paths are relative since an alias replaces the package's name.
 */
export { KubeConfig } from '../../node_modules/@kubernetes/client-node/dist/config.js';
export { Watch } from '../../node_modules/@kubernetes/client-node/dist/watch.js';
export { loadYaml } from '../../node_modules/@kubernetes/client-node/dist/yaml.js';

/** CoreV1Api is constructed by dot-i and never called. */
export class CoreV1Api {}

/** ApiextensionsV1Api is named by dot-i and never constructed. */
export class ApiextensionsV1Api {}
