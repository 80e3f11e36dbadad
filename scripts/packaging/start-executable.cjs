// The main script of an executable whose command is in an archive.
'use strict';

const { getRawAsset } = require('node:sea');
const { openArchive, runArchive } = require('./archive.cjs');

const archive = getRawAsset('archive');
const read = (position, length) => Buffer.from(archive, position, length);
// As Node.js does for the main script. Executables show no warnings, but tests see to it that there is none.
const onRejected = (name) => process.emitWarning(`Code cache data rejected: ${name}`);
runArchive(openArchive(read, { onRejected }));
