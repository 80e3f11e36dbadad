// Runs a command out of an archive, which archive.ts makes. Plain JavaScript: it runs before anything else is loaded.
'use strict';

const { statSync } = require('node:fs');
const { Script } = require('node:vm');

/**
 * An archive, of which `read(position, length)` gives a part as a Buffer. `inputs` are the states of the files that it was
 * made of, by path; `run` runs the command. Each of its scripts is read when it is first needed. `onRejected` is told of
 * one whose code cache this V8 does not accept; it then only starts more slowly.
 */
exports.openArchive = (read, onRejected = () => {}) => {
  const size = read(0, 4).readUInt32LE();
  const { entry, inputs, scripts } = JSON.parse(read(4, size).toString('utf8'));
  const begin = 4 + size;
  const bundleUrl = require('node:url').pathToFileURL(__filename).href;
  const modules = new Map();

  function load(name) {
    const script = scripts[name];
    if (script === undefined) return require(name);
    const loaded = modules.get(name);
    if (loaded !== undefined) return loaded.exports;
    const module = { exports: {} };
    modules.set(name, module);
    const [position, length, cacheLength] = script;
    const part = read(begin + position, length + cacheLength);
    const cachedData = cacheLength === 0 ? undefined : part.subarray(length);
    const compiled = new Script(part.latin1Slice(0, length), { filename: name, cachedData });
    if (compiled.cachedDataRejected) onRejected(name);
    compiled.runInThisContext()(module.exports, load, module, bundleUrl);
    return module.exports;
  }

  return { inputs, run: () => load(entry) };
};

/** What changes when a file does. Not the time that it names alone: packages are unpacked with one time for all files. */
exports.stateOf = (path) => {
  let stat;
  try {
    // Not with throwIfNoEntry: false, with which it takes eight times as long.
    stat = statSync(path);
  } catch {
    return 'none';
  }
  return `${stat.mtimeMs} ${stat.ctimeMs} ${stat.size}`;
};
