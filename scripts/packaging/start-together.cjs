// The main script of an executable that is several providers: it is the one that it is called by.
'use strict';

const { basename } = require('node:path');
const { getRawAsset } = require('node:sea');
const { openArchive } = require('./archive.cjs');

const archive = getRawAsset('archive');
const read = (position, length) => Buffer.from(archive, position, length);
// As Node.js does for the main script. Executables show no warnings, but tests see to it that there is none.
const onRejected = (name) => process.emitWarning(`Code cache data rejected: ${name}`);
const { run } = openArchive(read, { onRejected });

/** Of packet-ipmi and ipmi, the longer one is meant first. */
const providers = DRP_PLUGINS_PROVIDERS.sort((a, b) => b.length - a.length);

/** The provider that a path names: `ipmi`, also as `.ipmi.part`, by which endpoints call an upload, or `ipmi-v1.0.0`. */
function providerOf(path) {
  const file = basename(path).replace(/^\./, '');
  return providers.find((name) => file.startsWith(name) && /^(?:[._]|-v\d|$)/.test(file.slice(name.length)));
}

// A symbolic link has its name only in what the process was called by.
const name = providerOf(process.argv0) ?? providerOf(process.execPath);
if (name === undefined) {
  const names = providers.sort().join(', ');
  process.stderr.write(
    `Error: this executable is several providers, by its file name: call it one of ${names}\n`,
  );
  process.exitCode = 1;
} else run(`./${name}.js`);
