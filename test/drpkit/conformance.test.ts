import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { CHECKS, type Finding } from '../../lib/conformance/index.ts';
import { providerScript } from '../endpoint/running-endpoint.ts';
import { Runner } from './runner.ts';

suite('drpkit conformance', () => {
  let folder = '';
  let runner: Runner;
  const provider = async (fault: string) => {
    const file = join(folder, fault || 'whole');
    const script = providerScript('../conformance/faulty-provider.ts');
    await writeFile(file, script.replace('\n', `\nexport FAULT='${fault}'\n`));
    await chmod(file, 0o755);
    return file;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conformance-'));
    runner = new Runner({});
  });
  after(async () => {
    runner[Symbol.dispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('prints a table, with what was seen of a row that is broken and its source, and ends with code 1', async () => {
    const { code, stdout, stderr } = await runner.run(['conformance', await provider('version')]);
    assert.deepEqual([code, stderr], [1, '']);
    assert.match(stdout, /^held {12}define: /);
    assert.match(
      stdout,
      /^broken {10}version: .*\n {16}seen: it prints v1\.2\.3\n {16}source: plugin\/plugin\.go, InitApp\n/m,
    );
    assert.match(stdout, new RegExp(`\n${CHECKS.length - 1} held, 1 broken, 0 not applicable\n$`));
  });

  test('prints all findings with --json, and ends with code 0 when no row is broken', async () => {
    const { code, stdout, stderr } = await runner.run(['conformance', await provider(''), '--json']);
    assert.deepEqual([code, stderr], [0, '']);
    const findings = JSON.parse(stdout) as Finding[];
    assert.deepEqual(
      findings.map(({ id, outcome }) => [id, outcome]),
      CHECKS.map(({ id }) => [id, 'held']),
    );
    for (const { what, source } of findings) assert.ok(what !== '' && source !== '');
  });

  test('says so when there is no such executable', async () => {
    assert.match(
      await runner.error('conformance', join(folder, 'none')),
      /none: there is no such executable$/,
    );
  });
});
