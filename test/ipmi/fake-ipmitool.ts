import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

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
  [Symbol.asyncDispose](): Promise<void>;
}

/** Goes on to be the real ipmitool. */
export const REAL = 'PATH=$(echo "$PATH" | cut -d: -f2-) exec ipmitool "$@"';

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
    'env | sed -n "s/^\\([A-Z_]*\\)=.*/\\1/p" > environment',
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
  return {
    path: [bin, process.env.PATH].join(delimiter),
    folder,
    calls: async () => (await linesOf('calls')).map((line) => line.split('\t').filter(Boolean)),
    environment: () => linesOf('environment'),
    notes: () => linesOf('notes'),
    put: (name, contents = '') => writeFile(join(folder, name), contents),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
