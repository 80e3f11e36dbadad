/**
 * Compiles all sources, or those that are arguments, into the cache at NODE_COMPILE_CACHE, and runs none. Without it
 * each program that a test starts would compile what no earlier one has left there, and one that is killed leaves
 * nothing.
 */
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..', '..');

function allSources(): string[] {
  return globSync('{cmd,lib,test}/**/*.ts', {
    cwd: root,
    // Not programs of Node.js, or parts of projects that have their own packages.
    exclude: ['cmd/drpkit/new/template/**', 'lib/inspector/page/**', 'test/fixtures/**'],
  }).map((file) => join(root, file));
}

const files = process.argv.length > 2 ? process.argv.slice(2) : allSources();
// Node.js compiles all that a module imports before it runs any of it, and the first to run fails.
const imported = ['data:text/javascript,throw 0', ...files.map((file) => pathToFileURL(resolve(file)).href)];
const module = imported.map((url) => `import ${JSON.stringify(url)};`).join('\n');
// A source with an error fails the type check and the tests that import it, with better words.
await import(`data:text/javascript,${encodeURIComponent(module)}`).catch(() => {});
