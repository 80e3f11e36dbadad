import fs from 'node:fs';
import { createRequire } from 'node:module';
import type { Script } from 'node:vm';
import { archiveOf } from './archive.ts';
import type { ArchivedScripts } from './bundle.ts';

const { openArchive } = createRequire(import.meta.url)('./archive.cjs') as {
  openArchive(
    read: (position: number, length: number) => Buffer,
    on: { onCompiled: (name: string, script: Script) => void },
  ): { run(name: string): unknown };
};

const STDOUT = 1;
const STDERR = 2;
/** Time limit in ms. A provider that is not ready by then only gets a slower start. */
const LIMIT_MS = 30_000;

/**
 * Starts the providers of an archive in this process, as an endpoint does, until they are ready, so that V8 compiles
 * exactly the functions that a start needs: reading a cache with all functions takes three times as long. `onCompiled`
 * gets the scripts. Output of the providers is discarded. They keep running, so nothing else may be done in this
 * process afterwards.
 */
export async function rehearse(
  scripts: ArchivedScripts,
  onCompiled: (name: string, script: Script) => void,
): Promise<void> {
  const { providers } = scripts;
  if (providers.length === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  let waitsFor = providers.length;
  // lib/plugin prints READY! with it. The functions compiled at that moment are the same in each build.
  const { writeSync } = fs;
  fs.writeSync = ((descriptor: number, data: Uint8Array, ...rest: []) => {
    if (descriptor !== STDOUT && descriptor !== STDERR) return writeSync(descriptor, data, ...rest);
    if (Buffer.from(data).toString() === 'READY!\n') waitsFor -= 1;
    if (waitsFor === 0) resolve();
    return data.length;
  }) as typeof fs.writeSync;
  process.env.RS_ENDPOINT = 'https://127.0.0.1:1';
  process.env.RS_TOKEN = 'rehearsal';
  const archive = archiveOf(scripts, { codeCache: false });
  const { run } = openArchive((position, length) => archive.subarray(position, position + length), {
    onCompiled,
  });
  for (const [index, name] of providers.entries()) {
    process.argv.splice(1, process.argv.length, name, 'listen', `${index}.toPlugin`, `${index}.fromPlugin`);
    run(name);
  }
  process.once('beforeExit', () => resolve());
  setTimeout(resolve, LIMIT_MS).unref();
  await promise;
}
