/**
 * Writes the archive of an executable. A separate program, since V8 must run with the options of the executable, and
 * since providers are started in it. Arguments: a file with the scripts as JSON, and the archive. Providers put their
 * sockets into the working folder.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Script } from 'node:vm';
import { archiveOf } from './archive.ts';
import type { ArchivedScripts } from './bundle.ts';
import { rehearse } from './rehearsal.ts';

const [input = '', output = ''] = process.argv.slice(2);
const scripts = JSON.parse(readFileSync(input, 'utf8')) as ArchivedScripts;
const rehearsed = new Map<string, Script>();

// The archive is written however the rehearsal ends. A provider that fails ends the process, and is refused later when
// its definition is checked.
process.once('exit', () => {
  writeFileSync(output, archiveOf(scripts, { rehearsed }));
  process.exitCode = 0;
});
process.once('uncaughtException', () => process.exit());
await rehearse(scripts, (name, script) => rehearsed.set(name, script));
process.exit();
