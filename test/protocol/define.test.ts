import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { versionProblem } from '../../lib/models/index.ts';
import { binary, PROVIDERS } from '../support/binary.ts';

/** What providers declare otherwise than the reference, on purpose. */
const DEVIATIONS: Readonly<Record<string, object>> = {
  // Event selectors, which endpoints filter by, in place of a call for every event.
  slack: { HasPublish: false },
};

const folder = mkdtempSync(join(tmpdir(), 'drp define '));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs as an endpoint does: stdout and stderr on one pipe, stdin closed. */
function define(file: string, options: { env?: NodeJS.ProcessEnv; cwd?: string; args?: string[] } = {}) {
  const { env = {}, cwd = '/', args = ['define'] } = options;
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd,
    env: { RS_TOKEN: 'catalog', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** What each prints, run once. */
const plain = new Map(PROVIDERS.map((name) => [name, define(binary(name))]));

describe('define', () => {
  const keys = [
    'Meta',
    'Name',
    'Version',
    'PluginVersion',
    'AutoStart',
    'HasPublish',
    'AvailableActions',
    'RequiredParams',
    'OptionalParams',
    'StoreObjects',
    'Documentation',
    'Content',
  ];
  for (const name of PROVIDERS) {
    test(`${name} prints one JSON object, its keys in the reference's order, and nothing else`, () => {
      const { status, stdout, stderr } = plain.get(name) ?? define(binary(name));
      assert.equal(stderr, '');
      assert.equal(status, 0);
      const definition = JSON.parse(stdout);
      assert.deepEqual(Object.keys(definition), keys);
      assert.equal(stdout, `${JSON.stringify(definition, null, 2)}\n`);
      assert.equal(definition.Name, name);
      assert.equal(definition.PluginVersion, 4);
      assert.match(definition.Version, /^v\d+\.\d+\.\d+(-dev\.\d+\+g[0-9a-f]{8}(\.dirty)?)?$/);
      assert.equal(versionProblem(definition.Version), undefined);
      assert.match(definition.Content, /^meta:/);
    });

    test(`${name} declares what the reference declares`, () => {
      const recorded = new URL(`../fixtures/protocol/${name}.define.json`, import.meta.url);
      const reference = JSON.parse(readFileSync(recorded, 'utf8'));
      const ours = JSON.parse(plain.get(name)?.stdout ?? '');
      const expected = { ...reference, ...DEVIATIONS[name] };
      for (const key of ['AutoStart', 'HasPublish', 'StoreObjects', 'RequiredParams']) {
        assert.deepEqual(ours[key], expected[key], key);
      }
      for (const param of reference.OptionalParams ?? [])
        assert.ok(ours.OptionalParams?.includes(param), param);
      for (const action of reference.AvailableActions ?? []) {
        const same = ours.AvailableActions.find(
          (other: { Command: string; Model: string }) =>
            other.Command === action.Command && other.Model === action.Model,
        );
        assert.ok(same, action.Command);
        for (const param of action.RequiredParams ?? [])
          assert.ok(same.RequiredParams?.includes(param), param);
        assert.equal((same.RequiredParams ?? []).length, (action.RequiredParams ?? []).length);
        for (const param of action.OptionalParams ?? [])
          assert.ok(same.OptionalParams?.includes(param), param);
      }
    });

    const environments: Record<string, NodeJS.ProcessEnv> = {
      'NODE_OPTIONS with an unknown option': { NODE_OPTIONS: '--no-such-option' },
      'NODE_OPTIONS that loads code': { NODE_OPTIONS: '--require /nonexistent.js' },
      'NODE_DEBUG of the modules that it uses': {
        NODE_DEBUG: 'fs,net,http,stream,module,child_process,worker,tls',
      },
      NODE_PENDING_DEPRECATION: { NODE_PENDING_DEPRECATION: '1' },
      'a missing NODE_EXTRA_CA_CERTS': { NODE_EXTRA_CA_CERTS: '/nonexistent.pem' },
      'an empty PATH': { PATH: '' },
    };
    for (const [what, env] of Object.entries(environments)) {
      test(`${name} prints the same with ${what}`, () => {
        const { status, stdout, stderr } = define(binary(name), { env });
        assert.equal(stderr, '');
        assert.equal(status, 0);
        assert.equal(stdout, plain.get(name)?.stdout);
      });
    }

    test(`${name} defines itself in a folder that it may not write`, () => {
      // Nobody, root included, makes files there.
      const { status, stderr } = define(binary(name), { cwd: '/proc' });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    });

    test(`${name} lives through a closed stdout and says nothing`, () => {
      const { status, stderr } = spawnSync('/bin/sh', ['-c', 'exec "$0" define >&-', binary(name)], {
        encoding: 'utf8',
      });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    });

    test(`${name} lives through a reader that goes away and says nothing`, async () => {
      const child = spawn(binary(name), ['define'], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.destroy();
      let stderr = '';
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const [code] = await once(child, 'close');
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    });
  }

  test('an executable runs through a link', () => {
    symlinkSync(binary('incrementer'), join(folder, 'link'));
    assert.equal(JSON.parse(define(join(folder, 'link')).stdout).Name, 'incrementer');
  });
});
