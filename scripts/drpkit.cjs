// Makes the archive that scripts/drpkit runs drpkit from, and runs it; where that cannot be, runs drpkit from the sources
// themselves, which takes ten times as long.
'use strict';

const fs = require('node:fs');
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { currentArchive, runArchive, FILE } = require('./packaging/archive.cjs');

const root = join(__dirname, '..');

/** Makes the archive. Whether that worked shows when it is opened. */
function makeArchive() {
  const { status } = spawnSync(join(__dirname, 'prepare'), ['packages'], { stdio: ['ignore', 2, 2] });
  // It has said what is wrong.
  if (status !== 0) process.exit(1);
  try {
    fs.mkdirSync(join(root, '.build'), { recursive: true });
    fs.accessSync(join(root, '.build'), fs.constants.W_OK);
  } catch {
    return;
  }
  // Options of Node.js that the caller set would make a code cache that others cannot use.
  const { NODE_OPTIONS, NODE_V8_COVERAGE, ...env } = process.env;
  if (process.stderr.isTTY) console.error('scripts/drpkit: making drpkit from its sources, once ...');
  spawnSync(process.execPath, [join(__dirname, 'packaging', 'drpkit-archive.ts'), join(root, FILE)], {
    env,
    stdio: 'ignore',
    timeout: 60_000,
  });
}

let archive = currentArchive(root);
if (archive === undefined) {
  makeArchive();
  archive = currentArchive(root);
}
if (archive === undefined) void import('../cmd/drpkit/main.ts');
else runArchive(archive);
