// The main script of .build/drpkit-node, the Node.js that scripts/drpkit runs drpkit with: a single executable does without
// the loaders of modules, and is ready a fifth sooner. The archive is a file beside it, because it changes with the sources.
'use strict';

const { dirname } = require('node:path');
const { currentArchive, runArchive } = require('./archive.cjs');

const root = dirname(dirname(process.execPath));
const archive = currentArchive(root);
// drpkit sees the same as under Node.js itself.
process.execPath = `${root}/node_modules/.bin/node`;
process.argv[1] = `${root}/scripts/drpkit.cjs`;
if (archive === undefined) {
  process.execve(process.execPath, [process.execPath, ...process.argv.slice(1)]);
} else {
  require('node:sea').isSea = () => false;
  runArchive(archive);
}
