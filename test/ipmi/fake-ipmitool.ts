import { execFile } from 'node:child_process';
import { chmod, type FileHandle, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** A shell script called ipmitool, first on a PATH of its own, that notes how it was called. */
export interface FakeIpmitool {
  /** With the fake first, and the real one after it. */
  readonly path: string;
  readonly folder: string;
  /** The arguments of each call so far. */
  calls(): Promise<string[][]>;
  /** The names of the variables in the environment of the last call. */
  environment(): Promise<string[]>;
  /** The lines that the script wrote to `notes`. */
  notes(): Promise<string[]>;
  /** Makes a file in its folder, for scripts that wait for one. */
  put(name: string, contents?: string): Promise<void>;
  /** Makes a pipe in its folder. `read -r _ < NAME` in the script waits until what is returned was called. */
  gate(name: string): Promise<() => Promise<void>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Before a command: without the fake. */
export const WITHOUT_FAKE = 'PATH=$' + '{PATH#*:}';
/** Goes on to be the real ipmitool. */
export const REAL = `${WITHOUT_FAKE} exec ipmitool "$@"`;

/** `body` runs in the fake's folder, with the arguments in `$@`. */
export async function fakeIpmitool(body: string): Promise<FakeIpmitool> {
  const folder = await mkdtemp(join(tmpdir(), 'tool-'));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const lines = [
    '#!/bin/sh',
    `cd '${folder}' || exit 99`,
    // One write for a call, so that calls at the same time do not mix.
    'call=$(printf "%s\\t" "$@"); printf "%s\\n" "$call" >> calls',
    // Built into the shell: tests start hundreds of these.
    'export -p > environment',
    body,
    '',
  ];
  const file = join(bin, 'ipmitool');
  await writeFile(file, lines.join('\n'));
  await chmod(file, 0o755);
  const linesOf = async (name: string) => {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  };
  const gates: FileHandle[] = [];
  return {
    path: [bin, process.env.PATH].join(delimiter),
    folder,
    calls: async () => (await linesOf('calls')).map((line) => line.split('\t').filter(Boolean)),
    environment: async () => {
      const text = (await linesOf('environment')).join('\n');
      return [...text.matchAll(/^(?:export|declare -x) (\w+)/gm)].map(([, name = '']) => name);
    },
    notes: () => linesOf('notes'),
    put: (name, contents = '') => writeFile(join(folder, name), contents),
    gate: async (name) => {
      await promisify(execFile)('mkfifo', [join(folder, name)]);
      // For both directions: whoever reads then waits for a line, whenever it comes.
      const pipe = await open(join(folder, name), 'r+');
      gates.push(pipe);
      // A line for each reader that there may be, and no more than a pipe takes.
      return async () => void (await pipe.write('\n'.repeat(4096)));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(gates.map((pipe) => pipe.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
