import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  ContainerPlugins,
  callContainerPlugin,
  callForResult,
  readPluginToml,
  writePluginToml,
} from '../../lib/core0/index.ts';
import { drpkit } from '../drpkit/drpkit.ts';
import { execSource } from '../support/quick-start.ts';

const SAMPLE = fileURLToPath(new URL('sample-plugin.ts', import.meta.url));

describe('calls of container plugins', { concurrency: 2 }, () => {
  let root = '';
  const at = (name: string) => join(root, 'bin', name);
  const script = (name: string, body: string) => writeFile(at(name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'core0-'));
    await mkdir(join(root, 'bin'));
    await script('sample', execSource(SAMPLE));
  });
  after(() => rm(root, { recursive: true, force: true }));

  test('return what the command returns', async () => {
    assert.deepEqual(await callContainerPlugin(at('sample'), 'echo', { a: [1, 'é'] }), { a: [1, 'é'] });
    assert.equal(await callContainerPlugin(at('sample'), 'add', { a: 2 }), 3);
  });

  test('fail with the words of the plugin', async () => {
    await assert.rejects(callContainerPlugin(at('sample'), 'fail'), {
      code: 502,
      messages: [`${at('sample')} fail: no such bridge: "br0"`],
    });
    await script('mute', 'echo "disk full" >&2; exit 3');
    await assert.rejects(callContainerPlugin(at('mute'), 'x'), { code: 502, message: /mute x: disk full$/ });
    await script('silent', 'exit 3');
    await assert.rejects(callContainerPlugin(at('silent'), 'x'), {
      code: 502,
      message: /silent x: exit code 3$/,
    });
  });

  test('tell state, code, result and messages as 0-core does', async () => {
    await script(
      'chatty',
      `printf '4::for operators\\n20:::1\\n\\n:::\\nplain\\n20:::2\\n\\n:::\\n'; echo warn >&2; exit 7`,
    );
    assert.deepEqual(await callForResult(at('chatty'), 'x'), {
      state: 'ERROR',
      code: 1007,
      level: 20,
      data: '2\n',
      messages: [
        { level: 2, text: 'warn' },
        { level: 4, text: 'for operators' },
        { level: 20, text: '1\n' },
        { level: 1, text: 'plain' },
      ],
    });
  });

  test('refuse a result that is not JSON', async () => {
    await script('yaml', `printf '21:::a: 1\\n:::\\n'`);
    await assert.rejects(callContainerPlugin(at('yaml'), 'x'), {
      message: /expected a result of level 20.*found level 21/,
    });
    await script('none', 'true');
    await assert.rejects(callContainerPlugin(at('none'), 'x'), { message: /expected a result.*found none/ });
    await script('broken', `printf '20:::{\\n\\n:::\\n'`);
    await assert.rejects(callContainerPlugin(at('broken'), 'x'), { message: /found level 20: "\{/ });
  });

  test('end at their limit, and when they are cancelled', async () => {
    await script('hang', 'while :; do sleep 1; done');
    await assert.rejects(callContainerPlugin(at('hang'), 'x', {}, { limitMs: 50 }), { code: 504 });
    await assert.rejects(callContainerPlugin(at('hang'), 'x', {}, { signal: AbortSignal.abort() }), {
      code: 503,
    });
    await assert.rejects(callContainerPlugin(at('missing'), 'x'), {
      code: 400,
      message: /cannot be started/,
    });
  });

  test('go by NAME.EXPORT where an image has a .plugin.toml, queued where that says so', async () => {
    await script(
      'counter',
      `mkdir "$0.lock" || { printf '20:::"together"\\n\\n:::\\n'; exit 1; }; sleep 0.1; rmdir "$0.lock"; printf '20:::true\\n\\n:::\\n'`,
    );
    const declared = {
      sample: { path: '/bin/sample', exports: ['version', 'echo'], queue: false },
      counter: { path: '/bin/counter', exports: ['next'], queue: true },
    };
    await writeFile(join(root, '.plugin.toml'), writePluginToml(declared));
    const plugins = await ContainerPlugins.open(root);
    assert.deepEqual(plugins.commands, ['sample.version', 'sample.echo', 'counter.next']);
    assert.equal(await plugins.call('sample.version'), '1.0alpha');
    assert.deepEqual(await Promise.all([1, 2, 3].map(() => plugins.call('counter.next'))), [
      true,
      true,
      true,
    ]);
    for (const command of ['sample.fail', 'sample', 'constructor.name', 'nosuch.version']) {
      await assert.rejects(plugins.call(command), {
        code: 404,
        message: /^unknown command: .*sample\.version/,
      });
    }
  });

  test('drpkit core0 call shows the result, and fails with the words of the plugin', async () => {
    const good = await drpkit(['core0', 'call', at('sample'), 'add', '{"a": 41}']);
    assert.deepEqual([good.code, good.stdout, good.stderr], [0, '42\n', '']);
    const bad = await drpkit(['core0', 'call', at('sample'), 'fail']);
    assert.equal(bad.code, 1);
    assert.equal(bad.stderr, `Error: ${at('sample')} fail: no such bridge: "br0"\n`);
    const noisy = await drpkit(['core0', 'call', at('sample'), 'noisy']);
    assert.match(noisy.stderr, /not the result/);
    assert.equal(noisy.stdout, '"quiet"\n');
  });

  test('an image without .plugin.toml has no plugins, and one that cannot be read is an error', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'core0-'));
    try {
      assert.deepEqual((await ContainerPlugins.open(bare)).commands, []);
      await symlink(bare, join(bare, '.plugin.toml'));
      await assert.rejects(ContainerPlugins.open(bare), { code: 400, message: /\.plugin\.toml: EISDIR/ });
    } finally {
      await rm(bare, { recursive: true });
    }
  });
});

describe('.plugin.toml', () => {
  test('is read as 0-core has it', () => {
    const text =
      '[plugin.ovs]\npath = "/bin/ovs"\nexports = ["version", "bridge-add"]\n\n[plugin.q]\npath = "/q"\nqueue = true\n';
    assert.deepEqual(
      [...readPluginToml(text)],
      [
        ['ovs', { path: '/bin/ovs', exports: ['version', 'bridge-add'], queue: false }],
        ['q', { path: '/q', exports: [], queue: true }],
      ],
    );
    assert.deepEqual([...readPluginToml('')], []);
  });

  const refused: [string, RegExp][] = [
    ['[plugin.ovs', /^\.plugin\.toml: Invalid TOML/],
    ['plugin = 1', /plugin: expected tables \[plugin\.NAME\]/],
    ['plugin.a = 1', /plugin\.a: expected a table/],
    ['[plugin.a]\nexports = []', /plugin\.a\.path: expected the path of an executable/],
    ['[plugin.a]\npath = "/a"\nexports = "x"', /plugin\.a\.exports: expected a list of texts/],
    ['[plugin.a]\npath = "/a"\nexports = [1]', /plugin\.a\.exports: expected a list of texts/],
    ['[plugin.a]\npath = "/a"\nqueue = "yes"', /plugin\.a\.queue: expected true or false/],
  ];
  for (const [text, message] of refused) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assert.throws(() => readPluginToml(text), { code: 400, message });
    });
  }
});
