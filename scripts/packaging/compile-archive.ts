/**
 * Writes the archive of an executable. A program of its own because V8 has to run with the options of the executable, and
 * because providers run in it. Its arguments are a file with the scripts as JSON, and the archive. It works in a folder that
 * providers may put their sockets into.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Script } from 'node:vm';
import { archiveOf } from './archive.ts';
import type { ArchivedScripts } from './bundle.ts';
import { rehearse } from './rehearsal.ts';

const [input = '', output = ''] = process.argv.slice(2);
const scripts = JSON.parse(readFileSync(input, 'utf8')) as ArchivedScripts;
const rehearsed = new Map<string, Script>();

// However the rehearsal ends: a provider that fails ends the process, and is refused when it is asked for its definition.
process.once('exit', () => {
  writeFileSync(output, archiveOf(scripts, { rehearsed }));
  process.exitCode = 0;
});
process.once('uncaughtException', () => process.exit());
await rehearse(scripts, (name, script) => rehearsed.set(name, script));
process.exit();
