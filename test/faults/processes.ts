import { readdir, readFile } from 'node:fs/promises';

/** A process of this machine, as /proc has it. */
export interface Process {
  pid: number;
  parent: number;
  /** Its arguments, with blanks between them. */
  command: string;
}

/** All processes that are there, those that have ended and were not waited for left out. */
async function processes(): Promise<Process[]> {
  const found: Process[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [line, status] = await Promise.all(
      ['cmdline', 'status'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    );
    const parent = /^PPid:\t(\d+)$/m.exec(status ?? '')?.[1];
    if (!line || parent === undefined) continue;
    found.push({ pid: Number(name), parent: Number(parent), command: line.replaceAll('\0', ' ').trim() });
  }
  return found;
}

/** The processes that have `text` on their command line. */
export async function running(text: string): Promise<Process[]> {
  return (await processes()).filter(({ pid, command }) => pid !== process.pid && command.includes(text));
}

/** The plugin `name` that the process `parent` has started with `listen`, or undefined. */
export async function pluginOf(name: string, parent = process.pid): Promise<number | undefined> {
  const all = await running(`${name} listen `);
  return all.find((each) => each.parent === parent)?.pid;
}

/** A figure of /proc/PID/status, in KB: `VmSize`, `VmHWM`. */
export async function memoryKb(pid: number, name: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
}
