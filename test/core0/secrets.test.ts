import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { perform } from '../../lib/core0/commands.ts';
import { ContainerPlugins, command, commands } from '../../lib/core0/index.ts';
import { processes, Secrets } from '../security/secrets.ts';
import { until } from '../support/until.ts';

/** In every secret that this test makes, and nowhere else. */
const MARK = `co${process.pid}re`;
const INPUT = `${MARK}-input`;
const VARIABLE = `${MARK} "of the environment"`;

const secrets = new Secrets();
secrets.add('INPUT', INPUT);
secrets.add('VARIABLE', VARIABLE);

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    (value) => assert.fail(`it did not fail: ${JSON.stringify(value)}`),
    (error: Error) => `${error.stack} ${JSON.stringify(error)}`,
  );
}

describe('secrets of container plugins are in no error', () => {
  test('input that is not JSON, or not what the schema says, is not quoted', async () => {
    const plugin = commands({
      login: command({
        schema: {
          type: 'object',
          properties: {
            password: { type: 'string', minLength: 100, pattern: '^x', enum: ['x'] },
            token: { type: 'array', uniqueItems: true, items: { type: 'number' } },
            port: { type: 'integer', maximum: 1 },
          },
          additionalProperties: false,
        },
        run: () => 'in',
      }),
    });
    const inputs = [
      INPUT,
      `{"password": ${INPUT}}`,
      JSON.stringify({ password: INPUT, token: [INPUT, INPUT], port: INPUT, more: INPUT }),
      JSON.stringify(INPUT),
      JSON.stringify([INPUT]),
    ];
    for (const input of inputs) {
      const text = await failure(perform(plugin, ['login', input], new AbortController().signal));
      assert.match(text, /arguments/);
      assert.deepEqual(secrets.in(text), [], text);
    }
  });

  test('the environment of a container is for its plugin alone, and a call that fails leaves nothing', {
    skip: process.platform === 'linux' ? false : 'needs /proc',
  }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'core0-'));
    try {
      await writeFile(
        join(root, '.plugin.toml'),
        '[plugin.p]\npath = "plugin"\nexports = ["wait", "fail", "odd"]\n',
      );
      const waits = 'touch "$0.waiting"; until [ -e "$0.seen" ]; do sleep 0.05; done';
      await writeFile(
        join(root, 'plugin'),
        `#!/bin/sh\ncase $1 in wait) ${waits} ;; fail) exit 3 ;; esac\necho 'no result'\n`,
      );
      await chmod(join(root, 'plugin'), 0o755);
      const plugins = await ContainerPlugins.open(root);
      const env = { PATH: '/usr/bin:/bin', PASSWORD: VARIABLE };
      const waiting = failure(plugins.call('p.wait', {}, { env }));
      await until(async () => (await readdir(root)).includes('plugin.waiting'), 'the plugin');
      try {
        const holders = (await processes()).filter(
          ({ environment }) => secrets.in(environment.join('\n')).length > 0,
        );
        assert.ok(holders.length > 0);
        for (const { line } of holders) assert.match(line, /plugin|sleep/);
        for (const { line } of await processes()) assert.deepEqual(secrets.in(line), [], line);
      } finally {
        await writeFile(join(root, 'plugin.seen'), '');
      }
      const told = [
        await waiting,
        await failure(plugins.call('p.fail', {}, { env })),
        await failure(plugins.call('p.odd', {}, { env })),
        await failure(plugins.call('p.wait', {}, { env, signal: AbortSignal.abort() })),
        await failure(plugins.call('p.none', {}, { env })),
      ];
      for (const text of told) assert.deepEqual(secrets.in(text), [], text);
      assert.deepEqual((await readdir(root)).sort(), [
        '.plugin.toml',
        'plugin',
        'plugin.seen',
        'plugin.waiting',
      ]);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
