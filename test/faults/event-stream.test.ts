import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { TestEndpoint } from '../api/test-endpoint.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { finished } from './finished.ts';
import { memoryKb } from './processes.ts';

const SELECTING = [process.execPath, join(import.meta.dirname, 'selecting-provider.ts')];
const MANY = 10_000;

/** A plugin that listens at an endpoint, and has looked for what it missed once, as after each config. */
async function listening(endpoint: TestEndpoint, pingSeconds = '60'): Promise<ProviderProcess> {
  const provider = await ProviderProcess.start(SELECTING, {
    env: { RS_ENDPOINT: endpoint.url, RS_PING_INTERVAL: pingSeconds },
  });
  assert.equal((await provider.post('config', { Name: 'p' })).status, 200);
  await until(() => count(provider, 'looks for what it missed') === 1, 'the first look');
  return provider;
}

const count = ({ endpoint }: ProviderProcess, message: string | RegExp) =>
  endpoint.lines.filter(({ Message }) =>
    typeof message === 'string' ? Message === message : message.test(Message),
  ).length;

const created = (Key: string) => ({ Type: 'machines', Action: 'create', Key });

describe('the event stream of a plugin', { concurrency: 2 }, () => {
  test('stalls half-open: pings find it, what was missed is looked for, and events come again', async () => {
    await using endpoint = await TestEndpoint.start();
    await using provider = await listening(endpoint, '0.3');
    const [first] = endpoint.listening;
    endpoint.freeze();
    endpoint.publish(created('unheard'));
    // A slow machine may take that long itself, and the stream is then found stalled, and made anew, more than once.
    await until(() => count(provider, 'looks for what it missed') >= 2, 'the second look');
    assert.ok(count(provider, /nothing heard for 300 ms/) >= 1);
    for (const listener of endpoint.listening) if (listener === first) endpoint.listening.delete(listener);
    await until(() => {
      endpoint.publish(created('heard'));
      return count(provider, 'took heard') > 0;
    }, 'the next event');
    assert.ok(endpoint.frames.filter((frame) => frame === 'register machines.*.*').length >= 2);
  });

  test('is cut again and again: each time it is there again, and what was missed is looked for', async () => {
    await using endpoint = await TestEndpoint.start();
    await using provider = await listening(endpoint);
    for (let cuts = 1; cuts <= 3; cuts += 1) {
      endpoint.cut();
      await until(() => count(provider, 'looks for what it missed') === cuts + 1, `look ${cuts + 1}`);
      endpoint.publish(created(`after-${cuts}`));
      await until(() => count(provider, `took after-${cuts}`) === 1, `the event after cut ${cuts}`);
    }
    assert.equal(endpoint.listening.size, 1);
  });

  test('is flooded while a handler is busy: what is dropped is counted, memory is bounded, and it goes on', async () => {
    await using endpoint = await TestEndpoint.start();
    await using provider = await listening(endpoint);
    endpoint.publish(created('hold'));
    await until(() => count(provider, 'holds') === 1, 'the handler to be busy');
    const machine = { Object: { text: 'x'.repeat(10_000) } };
    for (let index = 0; index < MANY; index += 1)
      endpoint.publish({ ...created(`many-${index}`), ...machine });
    const [listener] = endpoint.listening;
    assert.ok(listener);
    // Frames are read in their order: the pong comes once every event before it is in the queue.
    const pong = once(listener.socket, 'pong');
    listener.socket.ping();
    await pong;
    assert.equal((await provider.action('unknown')).status, 404);
    await writeFile(join(provider.folder, 'go'), '');
    await until(() => count(provider, /^\d+ events were lost/) > 0, 'word of the loss');
    await until(() => count(provider, 'looks for what it missed') > 1, 'a look for what was lost');
    endpoint.publish(created('last'));
    await until(() => count(provider, 'took last') === 1, 'the last event');
    const lines = provider.endpoint.lines.filter(({ Message }) => Message.includes('events were lost'));
    const lost = lines.reduce((sum, { Message }) => sum + Number.parseInt(Message, 10), 0);
    // One is with the handler, and 1,000 wait.
    assert.equal(lost, MANY - 1000);
    // 100 MB came in.
    assert.ok((await memoryKb(provider.child.pid ?? 0, 'VmHWM')) < 400_000);
  });

  test('has a period for its pings, which is refused when it is not valid', async () => {
    for (const text of ['soon', '0', '-1', '1e9']) {
      const [file = '', ...args] = SELECTING;
      const { code, stdout, stderr } = await finished(file, [...args, 'listen', '/nowhere/a', '/nowhere/b'], {
        env: { RS_PING_INTERVAL: text },
      });
      assert.deepEqual([code, stdout], [1, 'Failed\n']);
      assert.match(stderr, /RS_PING_INTERVAL must be seconds, from 0\.05 to 3600/);
    }
  });
});
