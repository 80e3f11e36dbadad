import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { binary } from '../support/binary.ts';
import { startBmc } from '../support/ipmi-simulator.ts';
import { lives } from '../support/lives.ts';
import { ProviderProcess, type RawConnection } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { finished } from './finished.ts';
import { act, messagesOf } from './ipmi-action.ts';
import { memoryKb } from './processes.ts';

/** Starts a built provider with a limit of the shell's. */
const limited = (name: string, limit: string) =>
  ProviderProcess.start(['/bin/sh', '-c', `ulimit ${limit}; exec "$0" "$@"`, binary(name)]);

async function descriptors(provider: ProviderProcess): Promise<number> {
  return (await readdir(`/proc/${provider.child.pid}/fd`)).length;
}

/** Opens connections until the plugin has no descriptor for a further one, and returns those that it serves. */
async function exhaust(provider: ProviderProcess): Promise<RawConnection[]> {
  const served: RawConnection[] = [];
  for (;;) {
    const connection = await provider.connection();
    connection.write('GET / HTTP/1.1\nHost: unix\n\n');
    await until(() => connection.ended || connection.answers.length > 0, 'an answer, or none ever');
    if (connection.ended) return served;
    served.push(connection);
  }
}

describe('limits', { concurrency: 2 }, () => {
  test('with no descriptor left an action is an error that says so, and works when there are some again', async () => {
    const bmc = await startBmc({ address: '127.0.0.38' });
    try {
      await using provider = await limited('ipmi', '-n 40');
      assert.equal((await act(provider, 'poweron', bmc)).status, 200);
      const before = await descriptors(provider);
      const connections = await exhaust(provider);
      assert.ok(connections.length > 3, `${connections.length}`);
      const Params = {
        'ipmi/mode': 'ipmitool',
        'ipmi/transport': 'ipmitool',
        'ipmi/address': bmc.address,
        'ipmi/port-ipmitool': bmc.port,
        'ipmi/username': bmc.username,
        'ipmi/password': bmc.password,
      };
      const body = JSON.stringify({ Command: 'poweroff', CommandSet: 'machines', Model: {}, Params });
      const [first] = connections;
      assert.ok(first !== undefined);
      for (const times of [1, 2, 3]) {
        first.write(
          `POST /api-plugin/v4/action HTTP/1.1\nHost: unix\nContent-Type: application/json\nContent-Length: ${body.length}\n\n${body}`,
        );
        await until(() => first.answers.length === times + 1, 'the answer');
        const answer = first.answers.at(-1);
        assert.equal(answer?.status, 500);
        assert.match(
          answer.body,
          /ipmitool cannot be started: .*EMFILE: the limit of open files is reached \(ulimit -n\)/,
        );
      }
      await assert.rejects(provider.action('unknown'), { code: /EPIPE|ECONNRESET/ });
      for (const connection of connections) connection.socket.destroy();
      await until(async () => (await descriptors(provider)) <= before, 'the descriptors to be free');
      assert.equal(await bmc.power(), 'on');
      assert.equal((await act(provider, 'poweroff', bmc)).status, 200);
      assert.equal(await bmc.power(), 'off');
      assert.equal((await provider.post('stop')).status, 200);
      assert.deepEqual(await provider.exited, { code: 0, signal: null });
    } finally {
      await bmc.close();
    }
  });

  test('with few descriptors from the start, what needs none of its own works and what needs some says so', async () => {
    await using provider = await limited('ipmi', '-n 26');
    assert.equal(provider.stdout, 'READY!\n');
    assert.equal((await provider.action('unknown')).status, 404);
    const nowhere = { address: '10.0.0.1', username: 'a', password: 'b' };
    const answer = await act(provider, 'powerstatus', nowhere, { 'ipmi/transport': 'ipmitool' });
    assert.equal(answer.status, 500);
    assert.match(messagesOf(answer), /EMFILE/);
    assert.equal((await provider.post('stop')).status, 200);
  });

  test('without memory for a body that body is an error, and works when there is some again', async (t) => {
    await using provider = await ProviderProcess.start([binary('incrementer')]);
    const pid = String(provider.child.pid);
    const setLimit = (bytes: number | 'unlimited') =>
      finished('prlimit', ['--pid', pid, `--as=${bytes}:unlimited`]);
    const large = () => provider.action('unknown', { Params: { large: 'x'.repeat(60_000_000) } });
    // Everything that is loaded late is there, and V8 has room for small things.
    const small = { Params: { large: 'x'.repeat(500_000) } };
    assert.equal((await provider.action('unknown', small)).status, 404);
    // Less than the body, and enough for what V8 may need meanwhile.
    const room = 48 * 1024 * 1024;
    const had = (await memoryKb(provider.child.pid ?? 0, 'VmSize')) * 1024;
    const { code } = await setLimit(had + room).catch(() => ({ code: null }));
    if (code !== 0) return t.skip('needs prlimit');
    for (let times = 0; times < 3; times += 1) {
      using connection = await provider.connection();
      connection.write(
        'POST /api-plugin/v4/action HTTP/1.1\nHost: unix\nContent-Type: application/json\nContent-Length: 67000000\n\n{',
      );
      await until(() => connection.answers.length > 0 || !lives(provider.child.pid ?? 0), 'an answer');
      assert.ok(lives(provider.child.pid ?? 0), provider.stderr);
      const [answer] = connection.answers;
      assert.equal(answer?.status, 503);
      assert.match(answer.body, /Failed to allocate memory|allocation failed/);
    }
    assert.equal((await provider.action('unknown', small)).status, 404);
    assert.equal((await provider.action('incrstatus')).json, 'Running');
    await setLimit('unlimited');
    assert.equal((await large()).status, 404);
    assert.equal((await provider.post('stop')).status, 200);
  });
});
