import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { PluginProcess } from '../measuring/plugin-process.ts';
import { type Memory, memoryOf } from '../measuring/process-usage.ts';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';

const SETTLE_MS = 1_000;

/** Memory of an idle plugin. */
export async function memoryAtRest({ scratch, providers, others, base }: Bench): Promise<Section> {
  const bare = await bareAtRest();
  const figures: Figure[] = [...memoryFigures('bare node', bare)];
  for (const [name, file] of providers) {
    const own = await atRest(file);
    figures.push(...memoryFigures(name, own, 'bare node', bare));
    const other = others.get(name);
    if (other !== undefined) figures.push(...memoryFigures(name, own, `other ${name}`, await atRest(other)));
  }
  return {
    title: 'Memory at rest',
    figures,
    notes: [
      `${SETTLE_MS / 1000} s after READY!. Private dirty is what the process has written to and nobody else has; resident counts the pages of the executable too, which all processes of one file share. MB are 10^6 bytes.`,
    ],
  };

  async function atRest(file: string): Promise<Memory> {
    await using plugin = await PluginProcess.start(scratch, [file]);
    await pause(SETTLE_MS);
    return memoryOf(plugin.pid);
  }

  async function bareAtRest(): Promise<Memory> {
    const child = scratch.own(spawn(base, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' }));
    await once(child, 'spawn');
    await pause(SETTLE_MS);
    const memory = memoryOf(child.pid ?? 0);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    return memory;
  }
}

/** Both kinds of memory, as multiples of another process's, if given. */
export function memoryFigures(what: string, memory: Memory, over = '', than?: Memory): Figure[] {
  const figure = (kind: keyof Memory, name: string): Figure => ({
    what: `${what}, ${name}`,
    value: memory[kind] / 1e6,
    unit: 'MB',
    ...(than === undefined ? {} : { ratio: { value: memory[kind] / than[kind], over } }),
  });
  return [figure('privateDirty', 'private dirty'), figure('resident', 'resident')];
}
