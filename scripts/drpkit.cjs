// Builds the archive from which scripts/drpkit runs drpkit, and runs it. If that fails, runs drpkit from the sources,
// which takes ten times as long.
'use strict';

const fs = require('node:fs');
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { currentArchive, runArchive, FILE } = require('./packaging/archive.cjs');

const root = join(__dirname, '..');

/** Builds the archive. Errors show when it is opened. */
function makeArchive() {
  const { status } = spawnSync(join(__dirname, 'prepare'), ['packages'], { stdio: ['ignore', 2, 2] });
  // The child has printed the error.
  if (status !== 0) process.exit(1);
  try {
    fs.mkdirSync(join(root, '.build'), { recursive: true });
    fs.accessSync(join(root, '.build'), fs.constants.W_OK);
  } catch {
    return;
  }
  // With the caller's Node.js options, the code cache could not be used by others.
  const { NODE_OPTIONS, NODE_V8_COVERAGE, ...env } = process.env;
  if (process.stderr.isTTY) console.error('scripts/drpkit: making drpkit from its sources, once ...');
  spawnSync(process.execPath, [join(__dirname, 'packaging', 'drpkit-archive.ts'), join(root, FILE)], {
    env,
    stdio: 'ignore',
    timeout: 300_000,
  });
}

let archive = currentArchive(root);
if (archive === undefined) {
  makeArchive();
  archive = currentArchive(root);
}
if (archive === undefined) void import('../cmd/drpkit/main.ts');
else runArchive(archive);
