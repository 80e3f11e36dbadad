import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../../lib/api/index.ts';
import { Drpkit } from '../drpkit/drpkit.ts';
import { contentOf, TOKEN } from '../slack/scene.ts';
import { binary } from '../support/binary.ts';
import { freePort } from '../support/ipmi-simulator.ts';
import { lives } from '../support/lives.ts';
import { SlackService } from '../support/slack-service/index.ts';
import { until } from '../support/until.ts';
import { scratch } from './finished.ts';
import { pluginOf } from './processes.ts';

/** A TCP port that is free now, and that clients are not given by the system. */
async function freeTcpPort(): Promise<number> {
  for (;;) {
    const port = await freePort('127.0.0.1');
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise<unknown>((resolve) => server.close(resolve));
    if (free) return port;
  }
}

/** An endpoint of the built executable, once it serves. */
async function serve(root: string, port: number): Promise<Drpkit> {
  const args = ['endpoint', '--root', root, '--port', String(port), '--static-port', '0'];
  const endpoint = await Drpkit.start(args, { command: [binary('drpkit')] });
  await endpoint.printed(/Ctrl-C ends it/);
  return endpoint;
}

async function pluginProcess(endpoint: Drpkit): Promise<number> {
  let pid: number | undefined;
  await until(async () => {
    pid = await pluginOf('slack', endpoint.child.pid);
    return pid !== undefined;
  }, 'the plugin');
  return pid ?? 0;
}

test('an endpoint is killed: its plugin ends, and with the next endpoint all is as it was, with nothing done twice', async () => {
  await using folder = await scratch();
  await mkdir(join(folder.path, 'plugins'));
  await symlink(binary('slack'), join(folder.path, 'plugins', 'slack'));
  await using slack = await SlackService.start();
  const bot = slack.addBot({ token: TOKEN });
  slack.addChannel({ name: 'ops', members: [bot] });
  const told = (name: string) => slack.in('ops').filter((each) => contentOf(each).includes(name)).length;
  const port = await freeTcpPort();

  await using first = await serve(folder.path, port);
  const password = /^Password: (\S+) /m.exec(first.stdout)?.[1];
  const api = new Client({
    endpoint: `https://127.0.0.1:${port}`,
    user: 'rocketskates',
    password,
    retryDelays: Array(200).fill(50),
  });
  try {
    await api.objects('plugins').create({
      Name: 'slack',
      Provider: 'slack',
      Params: { 'slack/api-url': slack.url },
    });
    await api.params('plugins', 'slack').setSecure('slack/bot-key', TOKEN);
    await first.printed(/API: st: 200 .*\/config$/m);
    await using stream = api.events();
    await stream.register('machines.create.*');
    const before = await api.objects('machines').create({ Name: 'before.example.com' });
    await until(() => told('before.example.com') === 1, 'word of the first machine');

    const plugin = await pluginProcess(first);
    first.child.kill('SIGKILL');
    await first.ended;
    // Or else it would listen to the next endpoint too, and tell everything a second time.
    await until(() => !lives(plugin), 'the plugin of the dead endpoint to end');
    const lost = await api
      .objects('machines')
      .create({ Name: 'lost.example.com' }, { failFast: true })
      .catch((error: unknown) => error);
    assert.ok(lost instanceof Error);

    await using second = await serve(folder.path, port);
    await second.printed(/API: st: 200 .*\/config$/m);
    assert.equal((await api.objects('machines').get(before.Uuid)).Name, 'before.example.com');
    assert.notEqual(await pluginProcess(second), plugin);

    // The stream of a client that was there all the time: what it had, the gap, and what comes now.
    const items = stream[Symbol.asyncIterator]();
    assert.equal((await items.next()).value?.event?.Key, before.Uuid);
    const { gap } = (await items.next()).value ?? {};
    assert.ok(gap !== undefined && gap.to >= gap.from);
    const after = await api.objects('machines').create({ Name: 'after.example.com' });
    assert.equal((await items.next()).value?.event?.Key, after.Uuid);
    await until(() => told('after.example.com') > 0, 'word of the second machine');
    const last = await api.objects('machines').create({ Name: 'last.example.com' });
    await until(() => told('last.example.com') > 0, 'word of the last machine');
    assert.ok(last.Uuid);
    assert.deepEqual(['before.example.com', 'after.example.com', 'lost.example.com'].map(told), [1, 1, 0]);
  } finally {
    api.close();
  }
});
