import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  compareVersions,
  ModelError,
  readVersion,
  type Version,
  versionProblem,
} from '../../lib/models/index.ts';

const table = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'versions.txt'), 'utf8');
const rows = table.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

function text({ major, minor, patch, pre, build }: Version): string {
  const numbers = [major, minor, patch].join('.');
  return `${numbers}${pre.length > 0 ? `-${pre.join('.')}` : ''}${build.length > 0 ? `+${build.join('.')}` : ''}`;
}

suite('a version is taken or refused as the recorded endpoint does', () => {
  assert.equal(rows.length, 23);
  for (const row of rows) {
    const [version = '', result = ''] = row.split('\t');
    const [taken, read] = result.split(' ');
    test(`${version} ${result}`, () => {
      if (taken === 'tolerant=true') {
        assert.equal(versionProblem(version), undefined);
        assert.equal(text(readVersion(version)), read);
      } else {
        assert.match(versionProblem(version) ?? '', /is not a version that an endpoint takes: .+; write v/);
        assert.throws(() => readVersion(version), { name: 'ModelError', code: 400 });
      }
    });
  }
});

test('a refused version is answered with one that is taken', () => {
  const better = (version: string) => versionProblem(version)?.replace(/.*; write /s, '');
  assert.equal(better('v1.0.0+271.g17ec5867'), 'v1.0.1+271.g17ec5867');
  assert.equal(better('v4.8.0-dev.12+g1'), 'v4.8.1-dev.12+g1');
  assert.equal(better('v1.2.3.4'), 'v1.2.3');
  assert.equal(better('v1.2.x'), 'v1.2.0');
  assert.equal(better('1.2.3-01'), 'v1.2.3-1');
  assert.equal(better('1.2.3-a_b'), 'v1.2.3-a.b');
  assert.equal(better('v1.0-dev'), 'v1.0.1-dev');
  assert.equal(better('V1.2.3'), 'v1.2.3');
  assert.equal(better('001.2.3'), 'v1.2.3');
  assert.equal(better('1.2.3-'), 'v1.2.3');
  assert.equal(better('1.2.3+a+b'), 'v1.2.3+a.b');
  for (const version of [
    '',
    'v',
    'next',
    '1..2',
    `1.${'9'.repeat(40)}.0`,
    '9'.repeat(2000),
    `1.2.3-${'ä'.repeat(90)}`,
  ]) {
    assert.equal(versionProblem(better(version) ?? ''), undefined, version.slice(0, 20));
  }
});

test('the message says what is wrong', () => {
  assert.equal(
    versionProblem('v1.0.0-dev.1'),
    '"v1.0.0-dev.1" is not a version that an endpoint takes: it reads a third number of 0 with something after it as empty; write v1.0.1-dev.1',
  );
  assert.match(versionProblem('x'.repeat(5000)) ?? '', /^"x{60}\.\.\." is not a version/);
});

test('numbers have up to 64 bits', () => {
  assert.equal(versionProblem('1.2.18446744073709551615'), undefined);
  assert.notEqual(versionProblem('1.2.18446744073709551616'), undefined);
  assert.equal(versionProblem('1.2.3-18446744073709551615'), undefined);
  assert.notEqual(versionProblem('1.2.3-18446744073709551616'), undefined);
});

test('versions are in the order of semver.org', () => {
  const ascending = [
    '0.0.0',
    '0.0.9',
    '0.0.10',
    '1.0.1-1',
    '1.0.1-2',
    '1.0.1-10',
    '1.0.1-alpha',
    '1.0.1-alpha.1',
    '1.0.1-alpha.beta',
    '1.0.1-beta',
    '1.0.1-dev.2',
    '1.0.1-dev.11',
    '1.0.1',
    '1.1.0',
    '18446744073709551614.0.0',
    '18446744073709551615.0.0',
  ].map(readVersion);
  for (const [at, version] of ascending.entries()) {
    for (const [other, against] of ascending.entries()) {
      assert.equal(
        Math.sign(compareVersions(version, against)),
        Math.sign(at - other),
        `${text(version)} ${text(against)}`,
      );
    }
  }
  assert.equal(compareVersions(readVersion('v1.0.1+a'), readVersion('1.0.1+b')), 0);
});

test('what is thrown is a ModelError', () => {
  assert.throws(
    () => readVersion('v1.0.0+1'),
    (error) => error instanceof ModelError && error.code === 400,
  );
});
