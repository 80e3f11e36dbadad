import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createProject } from '../../cmd/drpkit/new/project.ts';

const kit = join(import.meta.dirname, '../..');
const run = promisify(execFile);
/** The test runner's own environment would silence a test run inside it. */
const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, ...env } = process.env;

test('the files of docs/providers.md are a project whose content, types and test are right', async (t) => {
  const text = await readFile(join(kit, 'docs/providers.md'), 'utf8');
  const files = [...text.matchAll(/^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$/gms)];
  assert.equal(files.length, text.match(/^```\w/gm)?.length);
  const root = await mkdtemp(join(tmpdir(), 'providers-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const project = join(root, 'pdu');
  await createProject(project, kit, 'action');
  for (const part of ['content/pdu/params', 'test']) await rm(join(project, part), { recursive: true });
  for (const [, path = '', contents = ''] of files) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), contents);
  }
  await mkdir(join(project, 'node_modules'));
  await symlink(kit, join(project, 'node_modules/drp-plugins'));
  const tested = run(join(kit, 'scripts/drpkit'), ['test'], { cwd: project, env, timeout: 300_000 });
  const { stdout, stderr } = await tested.catch((error: { stdout: string; stderr: string }) => error);
  assert.equal(stderr, '');
  assert.match(stdout, /pass 1$/m, stdout);
  assert.match(stdout, /fail 0$/m, stdout);
});
