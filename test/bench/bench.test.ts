import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Report } from '../../scripts/benchmark/report.ts';
import { binary } from '../support/binary.ts';

const bench = join(import.meta.dirname, '../../scripts/bench');
const run = promisify(execFile);

describe('scripts/bench', { skip: process.platform !== 'linux' && 'measures on Linux only' }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-'));
    for (const name of ['incrementer', 'ipmi']) await symlink(binary(name), join(folder, name));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('measures everything, prints a table with bars, and writes figures and a drawing', async () => {
    const [json, drawing] = [join(folder, 'figures.json'), join(folder, 'figures.svg')];
    const few = ['--rounds', '1', '--seconds', '0.1', '--calls', '200', '--fleet', '1'];
    // Any executable of the same name can be compared with, itself for example.
    const given = ['--bin', folder, '--against', folder, '--json', json, '--svg', drawing];
    const { stdout } = await run(bench, [...few, ...given], { maxBuffer: 1e7, timeout: 800_000 });

    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    assert.deepEqual(
      report.sections.map(({ title }) => title),
      [
        'Size',
        'Start',
        'Start of drpkit',
        'Development loop',
        'Discovery',
        'Memory at rest',
        'Action round trips',
        'Memory over many calls',
        'Events and log lines',
        'Fleet',
        'IPMI without ipmitool',
        'Short actions while others are slow',
        'Templates',
        'Agent',
        'Inspector',
      ],
    );
    for (const { title, figures } of report.sections) {
      assert.match(stdout, new RegExp(`^${title}$`, 'm'));
      for (const { what, value, ratio } of figures) {
        assert.ok(value >= 0, `${what}: ${value}`);
        if (ratio !== undefined) assert.ok(ratio.value > 0, `${what}: ${ratio.value} x ${ratio.over}`);
      }
    }
    assert.deepEqual(Object.keys(report.against), ['incrementer', 'ipmi']);
    assert.match(stdout, /incrementer define .* x bare node +<= 1\.15 +(met|MISSED) +█/);
    assert.match(stdout, /incrementer define .* x other incrementer/);
    assert.match(stdout, /scripts\/drpkit contents --help .* x bare node +<= 1\.25 /);
    assert.match(stdout, /16 connections, calls .* >= 2\.5 /);
    assert.match(await readFile(drawing, 'utf8'), /<svg [\s\S]*ipmi READY![\s\S]*<\/svg>/);
  });
});
