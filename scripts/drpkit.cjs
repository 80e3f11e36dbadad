// Runs drpkit out of .build/drpkit.archive, which it makes anew when a source is not what it was made of; where that cannot
// be, from the sources themselves, which takes ten times as long. Plain JavaScript: Node.js would take as long to prepare a
// TypeScript file as drpkit takes to start.
'use strict';

const fs = require('node:fs');
const { join } = require('node:path');
const { openArchive, stateOf } = require('./packaging/archive.cjs');

const root = join(__dirname, '..');
const file = join(root, '.build', 'drpkit.archive');

/** The archive, if there is one that was made of what the sources are now. */
function currentArchive() {
  let descriptor;
  try {
    // It stays open: another start may put a new one into its place while scripts of this one are still to be read.
    descriptor = fs.openSync(file);
    const read = (position, length) => {
      const part = Buffer.allocUnsafe(length);
      if (fs.readSync(descriptor, part, 0, length, position) < length)
        throw new Error(`${file} is cut short`);
      return part;
    };
    const archive = openArchive(read);
    if (Object.entries(archive.inputs).every(([path, state]) => stateOf(`${root}/${path}`) === state)) {
      return archive;
    }
  } catch {
    // There is none, or none that can be read: it is made anew.
  }
  if (descriptor !== undefined) fs.closeSync(descriptor);
  return undefined;
}

/** Makes the archive. Whether that worked shows when it is opened. */
function makeArchive() {
  const { spawnSync } = require('node:child_process');
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
  spawnSync(process.execPath, [join(__dirname, 'packaging', 'drpkit-archive.ts'), file], {
    env,
    stdio: 'ignore',
    timeout: 60_000,
  });
}

let archive = currentArchive();
if (archive === undefined) {
  makeArchive();
  archive = currentArchive();
}
if (archive === undefined) void import('../cmd/drpkit/main.ts');
else archive.run();
