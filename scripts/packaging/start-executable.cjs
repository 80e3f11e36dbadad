// The main script of an executable with an archive.
'use strict';

const { getRawAsset } = require('node:sea');
const { openArchive, runArchive } = require('./archive.cjs');

const archive = getRawAsset('archive');
const read = (position, length) => Buffer.from(archive, position, length);
// The same warning that Node.js emits for the main script. Executables do not print warnings, but tests check that
// Node.js emits no such warning.
const onRejected = (name) => process.emitWarning(`Code cache data rejected: ${name}`);
runArchive(openArchive(read, { onRejected }));
