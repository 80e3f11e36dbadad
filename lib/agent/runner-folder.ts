import { access, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ModelError } from '../models/index.ts';
import { findExecutable } from '../process/index.ts';

/** Programs that tasks of public packs call, with advice when one is missing. */
const NEEDED: Readonly<Record<string, string>> = {
  drpcli: 'the agent was started without one',
  jq: 'install it (Debian: apt-get install jq)',
};

/** The folder in which an agent runs its tasks. */
export interface RunnerFolder extends AsyncDisposable {
  readonly path: string;
  /** PATH for scripts. It begins with a folder for the needed programs. */
  readonly programs: string;
}

export interface RunnerFolderOptions {
  /** Path of an existing folder, which is kept. Without it a new one is created, and removed at the end. */
  path?: string;
  /** Parent of the new folder. Default: the folder for temporary files. */
  parent?: string;
  /** Programs for scripts: name to file, for example `drpcli`. */
  programs?: Readonly<Record<string, string>>;
}

/** Creates the folder. Throws ModelError 500 when that fails. */
export async function openRunnerFolder(options: RunnerFolderOptions): Promise<RunnerFolder> {
  const { path: given, parent = tmpdir(), programs = {} } = options;
  try {
    if (given !== undefined) await mkdir(given, { recursive: true });
    else await mkdir(parent, { recursive: true });
    const path = given ?? (await mkdtemp(join(parent, 'runner-')));
    const folder = join(path, 'bin');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for (const [name, file] of Object.entries(programs)) await symlink(file, join(folder, name));
    const { PATH = '/usr/local/bin:/usr/bin:/bin' } = process.env;
    for (const [name, remedy] of Object.entries(NEEDED)) {
      const isThere = Object.hasOwn(programs, name) || (await findExecutable(name, PATH)) !== undefined;
      if (!isThere) await writeMissing(join(folder, name), name, remedy);
    }
    return {
      path,
      programs: [folder, PATH].join(delimiter),
      [Symbol.asyncDispose]: () =>
        given === undefined ? rm(path, { recursive: true, force: true }) : Promise.resolve(),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new ModelError(500, `Cannot make the folder that tasks run in: ${reason}`, {
      type: 'AGENT',
      cause: error,
    });
  }
}

/** Writes a replacement for a missing program, which reports that. */
async function writeMissing(file: string, name: string, remedy: string): Promise<void> {
  const message = `${name}: this task needs the program ${name}, which this machine lacks: ${remedy}`;
  await writeFile(file, `#!/bin/sh\necho '${message}' >&2\nexit 127\n`);
  await chmod(file, 0o755);
}

/** Whether the file exists. */
export async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
