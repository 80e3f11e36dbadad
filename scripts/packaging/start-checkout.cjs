// The main script of .build/drpkit-node, the Node.js with which scripts/drpkit runs drpkit: a single executable does
// not need module loaders, and starts a fifth faster. The archive is a separate file, because it changes with the
// sources.
'use strict';

const { dirname } = require('node:path');
const { currentArchive, runArchive } = require('./archive.cjs');

const root = dirname(dirname(process.execPath));
const archive = currentArchive(root);
// So that drpkit sees the same path as under Node.js itself.
process.execPath = `${root}/node_modules/.bin/node`;
process.argv[1] = `${root}/scripts/drpkit.cjs`;
if (archive === undefined) {
  process.execve(process.execPath, [process.execPath, ...process.argv.slice(1)]);
} else {
  require('node:sea').isSea = () => false;
  runArchive(archive);
}
