import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPluginToml } from '../../lib/core0/index.ts';
import { scriptsOf } from '../../scripts/packaging/bundle.ts';
import { containerPluginToml } from '../../scripts/packaging/container-plugin.ts';

test('a command of 0-core that a provider’s executable would take for its own is refused by the build', async () => {
  const root = await mkdtemp(join(tmpdir(), 'toml-'));
  const has = async (name: string, command: string, provider?: string) => {
    await mkdir(join(root, 'cmd', name), { recursive: true });
    const commands = `export default { commands: new Map([['${command}', {}]]) };`;
    await writeFile(join(root, 'cmd', name, 'commands.ts'), commands);
    if (provider !== undefined) await writeFile(join(root, 'cmd', name, 'plugin.ts'), provider);
    const toml = await containerPluginToml(root, name);
    return toml === undefined ? undefined : readPluginToml(toml).get(name)?.exports;
  };
  const plain = 'export default { declaration: {} };';
  try {
    assert.deepEqual(await has('alone', 'version'), ['version']);
    assert.deepEqual(await has('fine', 'docker', plain), ['docker']);
    for (const command of ['version', 'serve', 'help'])
      await assert.rejects(has(`bad-${command}`, command, plain), {
        message: new RegExp(`commands\\.ts: ${command}: the provider has a command of this name`),
      });
    const driver = 'export default { declaration: { docker: () => {} } };';
    await assert.rejects(has('driver', 'docker', driver), { message: /docker: the provider has/ });
    assert.equal(await containerPluginToml(root, 'nosuch'), undefined);
  } finally {
    await rm(root, { recursive: true });
  }
});

test('an executable has nothing of the hosts that its provider does not name', async () => {
  const project = join(import.meta.dirname, '../..');
  const partsIn = async (name: string) => {
    const { inputs } = await scriptsOf(project, name, 'v1.0.0');
    return ['lib/core0/', 'lib/docker/'].filter((part) =>
      [...inputs.keys()].some((input) => input.startsWith(part)),
    );
  };
  assert.deepEqual(await partsIn('slack'), []);
  assert.deepEqual(await partsIn('incrementer'), ['lib/core0/', 'lib/docker/']);
});

test('what is no provider says so when an endpoint takes it for one, and serves nothing', async () => {
  const project = join(import.meta.dirname, '../..');
  const folder = await mkdtemp(join(tmpdir(), 'hosts-'));
  const socket = join(folder, 'to');
  try {
    for (const [name, says] of [
      ['ovs', /unknown command: (define|listen)/],
      ['volumes', /^volumes: Unexpected argument '(define|listen)'/],
    ] as const)
      for (const args of [['define'], ['listen', socket, join(folder, 'from')]]) {
        const main = join(project, 'cmd', name, 'main.ts');
        const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
          encoding: 'utf8',
          cwd: folder,
          timeout: 60_000,
        });
        assert.equal(status, 1, `${name} ${args[0]}`);
        assert.match(`${stdout}${stderr}`, says);
        assert.ok(!existsSync(socket));
      }
  } finally {
    await rm(folder, { recursive: true });
  }
});
