/** What a process uses, by the kernel's own account. */
import { readFileSync } from 'node:fs';

/** Memory is resident memory in megabytes (10⁶ bytes), shared pages such as Node's own binary included. */
export interface Memory {
  readonly now: number;
  readonly most: number;
}

/** memoryOf reads it while the process lives. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) => {
    const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
    return (Number(kibibytes) * 1024) / 1e6;
  };
  return { now: megabytes('VmRSS'), most: megabytes('VmHWM') };
}
