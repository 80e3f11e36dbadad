// Precedes every bundle, and runs before its first module.
'use strict';

// With NODE_DEBUG, Node.js logs the work of its modules to stderr ("HTTP 123: ..."). During `define` that would make
// the endpoint skip the provider, and for http it would put tokens into the endpoint's log.
if (process.env.NODE_DEBUG) {
  const { stderr, pid } = process;
  const { write } = stderr;
  const debugLine = new RegExp(`^\\S+ (\\x1b\\[\\d+m)?${pid}(\\x1b\\[\\d+m)?: `);
  stderr.write = (chunk, ...rest) => debugLine.test(chunk) || write.call(stderr, chunk, ...rest);
}

// Libraries make a require() from the URL of their module; in an executable that is the executable.
// biome-ignore lint/correctness/noUnusedVariables: esbuild puts it where import.meta.url stands
const bundleUrl = require('node:url').pathToFileURL(__filename).href;
