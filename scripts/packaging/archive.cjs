// Runs a command out of an archive, which archive.ts makes. Plain JavaScript: Node.js would take as long to prepare a
// TypeScript file as drpkit takes to start. scripts/drpkit runs this file itself, because each file more that it would have to
// load takes 2 % of a start.
'use strict';

const fs = require('node:fs');
const { Script } = require('node:vm');

/**
 * An archive, of which `read(position, length)` gives a part as a Buffer. `isCurrent` says whether the files below `root` are
 * as they were that `word`, the first of the command line, needs; `run` runs the command, or another of the scripts. Each of them is read when it is first needed. `onRejected` is told of one whose code cache this V8 does not accept; it then only starts more slowly.
 * `onCompiled` gets each script that was compiled, by the name that was asked for first.
 */
exports.openArchive = (read, { onRejected = () => {}, onCompiled = () => {} } = {}) => {
  const size = read(0, 4).readUInt32LE();
  const { entry, inputs, scripts } = JSON.parse(read(4, size).toString('utf8'));
  const begin = 4 + size;
  const bundleUrl = require('node:url').pathToFileURL(__filename).href;
  const modules = new Map();
  /** The functions of the scripts, by where the script is. */
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
 * What changes when a file does: the time of its last change, in milliseconds, and its size. Not the time that it names
 * itself, which a package that is unpacked sets.
 */
exports.stateOf = (path) => {
  try {
    // Not with throwIfNoEntry: false, with which it takes eight times as long.
    const { ctimeMs, size } = fs.statSync(path);
    return [ctimeMs, size];
  } catch {
    return [0, 0];
  }
};

/** Where the archive of drpkit is in a checkout. */
exports.FILE = '.build/drpkit.archive';

/** The archive of a checkout, if there is one that was made of what the sources are now. */
exports.currentArchive = (root) => {
  let descriptor;
  try {
    // It stays open: another start may put a new one into its place while scripts of this one are still to be read.
    descriptor = fs.openSync(`${root}/${exports.FILE}`);
    const read = (position, length) => {
      const part = Buffer.allocUnsafe(length);
      if (fs.readSync(descriptor, part, 0, length, position) < length) throw new Error('cut short');
      return part;
    };
    const archive = exports.openArchive(read);
    if (archive.isCurrent(root, process.argv[2])) return archive;
  } catch {
    // The archive is missing or cannot be read: it is made anew.
  }
  if (descriptor !== undefined) fs.closeSync(descriptor);
  return undefined;
};

/**
 * Runs the command. Where its main script exports when it has `ended`, the process then ends at once: to take apart what is
 * in memory would take Node.js a millisecond.
 */
exports.runArchive = (archive) => {
  archive.run().ended?.then(() => process.exit());
};

if (require.main === module) {
  const root = `${__dirname}/../..`;
  const archive = exports.currentArchive(root);
  if (archive !== undefined) exports.runArchive(archive);
  // Not a constant: executables have no use for it.
  else require(`${root}/scripts/drpkit.cjs`);
}
