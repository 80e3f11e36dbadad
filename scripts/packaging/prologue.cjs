// Stands before every bundle, and runs before the first of its modules.
'use strict';

// With NODE_DEBUG, Node.js tells on stderr what its modules do, "HTTP 123: ..." in one write each. From `define` that
// would make the endpoint skip the provider, and from http it would put tokens into the endpoint's log.
if (process.env.NODE_DEBUG) {
  const { stderr, pid } = process;
  const { write } = stderr;
  const debugLine = new RegExp(`^\\S+ (\\x1b\\[\\d+m)?${pid}(\\x1b\\[\\d+m)?: `);
  stderr.write = (chunk, ...rest) => debugLine.test(chunk) || write.call(stderr, chunk, ...rest);
}

// Libraries make a require() from the URL of their module; in an executable that is the executable.
// biome-ignore lint/correctness/noUnusedVariables: esbuild puts it where import.meta.url stands
const bundleUrl = require('node:url').pathToFileURL(__filename).href;
