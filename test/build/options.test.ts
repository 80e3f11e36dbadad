import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { V8_OPTIONS } from '../../scripts/packaging/executable.ts';

/** Prints how many of its own modules Node.js compiled without its code cache. */
const PROGRAM = `
  require('node:http');
  const { internalBinding } = require('internal/test/binding');
  console.log(internalBinding('builtins').getCacheUsage().compiledWithoutCache.size);
`;

/** What it prints when Node.js runs with these options of V8. */
async function withoutCache(options: readonly string[]): Promise<number> {
  const args = [...options, '--no-warnings', '--expose-internals', '-e', PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  return Number(stdout);
}

test("with the executables' options of V8 Node.js accepts the code cache of its own modules", async () => {
  assert.equal(await withoutCache(V8_OPTIONS), 0);
  assert.ok((await withoutCache(['--heap-growing-percent=50'])) > 0, 'other options are told apart');
});
