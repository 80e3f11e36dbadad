/**
 * Writes the archive of an executable. A program of its own because V8 has to run with the options of the executable. Its
 * arguments are a file with the scripts as JSON, and the archive.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { archiveOf } from './archive.ts';

const [scripts = '', archive = ''] = process.argv.slice(2);
writeFileSync(archive, archiveOf(JSON.parse(readFileSync(scripts, 'utf8'))));
