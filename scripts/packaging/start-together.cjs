// The main script of an executable with several providers: runs the one by whose name it was called.
'use strict';

const { basename } = require('node:path');
const { getRawAsset } = require('node:sea');
const { openArchive } = require('./archive.cjs');

const archive = getRawAsset('archive');
const read = (position, length) => Buffer.from(archive, position, length);
// The same warning that Node.js emits for the main script. Executables do not print warnings, but tests check that
// Node.js emits no such warning.
const onRejected = (name) => process.emitWarning(`Code cache data rejected: ${name}`);
const { run } = openArchive(read, { onRejected });

/** Longer names first, so that packet-ipmi is not taken for ipmi. */
const providers = DRP_PLUGINS_PROVIDERS.sort((a, b) => b.length - a.length);

/** The provider in a path: `ipmi`, also as `.ipmi.part` (the name of an upload at endpoints) or `ipmi-v1.0.0`. */
function providerOf(path) {
  const file = basename(path).replace(/^\./, '');
  return providers.find((name) => file.startsWith(name) && /^(?:[._]|-v\d|$)/.test(file.slice(name.length)));
}

// The name of a symbolic link is only in argv0.
const name = providerOf(process.argv0) ?? providerOf(process.execPath);
if (name === undefined) {
  const names = providers.sort().join(', ');
  process.stderr.write(
    `Error: this executable is several providers, by its file name: call it one of ${names}\n`,
  );
  process.exitCode = 1;
} else run(`./${name}.js`);
