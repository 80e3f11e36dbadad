// Runs a command from an archive built by archive.ts. Plain JavaScript, since Node.js would take as long to prepare a
// TypeScript file as drpkit takes to start. scripts/drpkit runs this file itself, because each further file costs 2 %
// of a start.
'use strict';

const fs = require('node:fs');
const { Script } = require('node:vm');

/**
 * Opens an archive. `read(position, length)` returns a part of it as a Buffer. `isCurrent` tells whether the source
 * files below `root` that `word`, the first of the command line, needs are unchanged; `run` runs the command, or
 * another script of the archive. Each script is read when it is needed. `onRejected` is called when V8 rejects a
 * script's code cache, which only makes the start slower. `onCompiled` is called for each compiled script, with the
 * name that was requested first.
 */
exports.openArchive = (read, { onRejected = () => {}, onCompiled = () => {} } = {}) => {
  const size = read(0, 4).readUInt32LE();
  const { entry, inputs, scripts } = JSON.parse(read(4, size).toString('utf8'));
  const begin = 4 + size;
  const bundleUrl = require('node:url').pathToFileURL(__filename).href;
  const modules = new Map();
  /** Compiled functions by the position of their script. */
  const compiled = new Map();

  function load(name) {
    const script = scripts[name];
    if (script === undefined) return require(name);
    const loaded = modules.get(name);
    if (loaded !== undefined) return loaded.exports;
    const module = { exports: {} };
    modules.set(name, module);
    if (!compiled.has(script[0])) compiled.set(script[0], compile(name, script));
    compiled.get(script[0])[name](module.exports, load, module, bundleUrl);
    return module.exports;
  }

  function compile(filename, [position, length, cacheLength]) {
    const part = read(begin + position, length + cacheLength);
    const cachedData = cacheLength === 0 ? undefined : part.subarray(length);
    const script = new Script(part.latin1Slice(0, length), { filename, cachedData });
    if (script.cachedDataRejected) onRejected(filename);
    onCompiled(filename, script);
    return script.runInThisContext();
  }

  function isCurrent(root, word) {
    const [position, length] = Object.hasOwn(inputs, word) ? inputs[word] : inputs['*'];
    const states = JSON.parse(read(begin + position, length).latin1Slice());
    for (let at = 0; at < states.length; at += 3) {
      const [changed, bytes] = exports.stateOf(`${root}/${states[at]}`);
      if (changed !== states[at + 1] || bytes !== states[at + 2]) return false;
    }
    return true;
  }

  return { isCurrent, run: (name = entry) => load(name) };
};

/**
 * The state by which changes of a file are detected: inode change time in ms, and size. Not the modification time,
 * which unpacking a package sets.
 */
exports.stateOf = (path) => {
  try {
    // throwIfNoEntry: false would take eight times as long.
    const { ctimeMs, size } = fs.statSync(path);
    return [ctimeMs, size];
  } catch {
    return [0, 0];
  }
};

/** Path of drpkit's archive in a checkout. */
exports.FILE = '.build/drpkit.archive';

/** The archive of a checkout, if it is up to date. */
exports.currentArchive = (root) => {
  let descriptor;
  try {
    // Kept open: another start may replace the file while scripts of this one have not been read.
    descriptor = fs.openSync(`${root}/${exports.FILE}`);
    const read = (position, length) => {
      const part = Buffer.allocUnsafe(length);
      if (fs.readSync(descriptor, part, 0, length, position) < length) throw new Error('cut short');
      return part;
    };
    const archive = exports.openArchive(read);
    if (archive.isCurrent(root, process.argv[2])) return archive;
  } catch {
    // The archive is missing or unreadable, and will be rebuilt.
  }
  if (descriptor !== undefined) fs.closeSync(descriptor);
  return undefined;
};

/**
 * Runs the command. If its main script exports `ended`, the process exits as soon as that resolves: a normal exit would
 * take Node.js a millisecond to free memory.
 */
exports.runArchive = (archive) => {
  archive.run().ended?.then(() => process.exit());
};

if (require.main === module) {
  const root = `${__dirname}/../..`;
  const archive = exports.currentArchive(root);
  if (archive !== undefined) exports.runArchive(archive);
  // Not a constant, so that the bundler does not include it in executables.
  else require(`${root}/scripts/drpkit.cjs`);
}
