import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { generateContent } from '../../lib/content/index.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'generate-'));
  await put('package.json', '{ "version": "1.2.3" }');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
const read = (path: string) => readFile(join(root, path), 'utf8');

test('a pack becomes a module and its documentation, and what would not change is left alone', async () => {
  await put('content/lamp/params/lamp.level.yaml', 'Name: lamp/level\nSchema: { type: integer }\n');
  await put('content/lamp/._Name.meta', 'lamps');
  const written = ['content/lamp.generated.ts', 'docs/plugins/lamp.md'].map((path) => join(root, path));
  assert.deepEqual(await generateContent(root), { written, problems: [], failed: false });
  const module = await read('content/lamp.generated.ts');
  assert.match(module, /"lamp\/level"\?: number;/);
  assert.match(module, /Name: lamps\\n.*Version: v1\.2\.3\\n/);
  assert.deepEqual(await generateContent(root), { written: [], problems: [], failed: false });
});

test('a pack that does not say its name is called as its folder', async () => {
  await put('content/lamp/params/lamp.level.yaml', 'Name: lamp/level\n');
  assert.deepEqual((await generateContent(root)).problems, []);
  assert.match(await read('content/lamp.generated.ts'), /\\n {2}Name: lamp\\n/);
});

test('an error is told with its file, leaves the files of its pack as they were, and others are written', async () => {
  await put('content/horn/params/horn.tone.yaml', 'Name: horn/tone\n');
  await put('content/lamp/params/lamp.level.yaml', 'Name: lamp/level\nSchema: [\n');
  await put('content/lamp.generated.ts', 'before');
  const { problems, failed } = await generateContent(root);
  assert.equal(failed, true);
  assert.match(problems.join('\n'), /^content\/lamp: error: .*params\/lamp\.level\.yaml: line \d/);
  assert.equal(await read('content/lamp.generated.ts'), 'before');
  assert.match(await read('content/horn.generated.ts'), /horn\/tone/);
  await assert.rejects(
    generateContent(root, ['bell']),
    /no content pack content\/bell. There are: horn, lamp/,
  );
  assert.equal((await generateContent(root, ['horn'])).failed, false);
});

test('a project without content has nothing to generate', async () => {
  assert.deepEqual(await generateContent(root), { written: [], problems: [], failed: false });
});
