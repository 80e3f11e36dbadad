import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { binary, PROVIDERS } from '../support/binary.ts';

const folder = mkdtempSync(join(tmpdir(), 'drp any name '));
after(() => rmSync(folder, { recursive: true, force: true }));

// The one executable of all providers knows by its name which it is.
test('executables of one provider run by any name, from one folder, whose path has spaces', () => {
  for (const name of PROVIDERS) copyFileSync(binary(name), join(folder, `a copy of ${name}`));
  for (const name of PROVIDERS) {
    const { status, stdout } = spawnSync(join(folder, `a copy of ${name}`), ['define'], {
      cwd: '/',
      env: { RS_TOKEN: 'catalog' },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    assert.equal(JSON.parse(stdout).Name, name);
  }
});
