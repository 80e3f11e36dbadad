import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execSource } from '../quick-start.ts';
import { type IdracState, newIdrac } from './state.ts';

export type { Fault, IdracState } from './state.ts';

/** What the fake notes of its calls: each start and end, and when it stops answering. */
export type Note =
  | { event: 'start'; pid: number; args: string[]; env: string[] }
  | { event: 'hanging'; pid: number }
  | { event: 'end'; pid: number; address: string };

/** A program called racadm on a PATH of its own, and the iDRACs that it can reach. */
export interface FakeRacadm {
  readonly path: string;
  readonly folder: string;
  /** Makes an iDRAC at `HOST` or `HOST:PORT`, or changes it. */
  put(address: string, state?: Partial<IdracState>): Promise<void>;
  idrac(address: string): Promise<IdracState>;
  notes(): Promise<Note[]>;
  /** The arguments of each call so far. */
  calls(): Promise<string[][]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function fakeRacadm(): Promise<FakeRacadm> {
  const folder = await mkdtemp(join(tmpdir(), 'racadm-'));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const file = join(bin, 'racadm');
  const program = join(import.meta.dirname, 'racadm.ts');
  // The plugin hands down no variables, so that the folder has to come from here.
  // One that is killed while it writes which of its code has run would leave half a file, which fails the whole run.
  const script = `#!/bin/sh\nunset NODE_V8_COVERAGE\nexport FAKE_RACADM_FOLDER='${folder}'\n${execSource(program)}\n`;
  await writeFile(file, script);
  await chmod(file, 0o755);
  const stateFile = (address: string) => join(folder, `${encodeURIComponent(address)}.json`);
  const idrac = async (address: string) =>
    JSON.parse(await readFile(stateFile(address), 'utf8')) as IdracState;
  const notes = async () => {
    const text = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Note);
  };
  return {
    path: [bin, '/usr/bin', '/bin'].join(delimiter),
    folder,
    put: async (address, state) => {
      const before = await idrac(address).catch(() => newIdrac());
      await writeFile(stateFile(address), JSON.stringify({ ...before, ...state }));
    },
    idrac,
    notes,
    calls: async () => (await notes()).flatMap((entry) => (entry.event === 'start' ? [entry.args] : [])),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
