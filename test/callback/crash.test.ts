import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PendingStore } from '../../cmd/callback/pending.ts';
import { Callbacks } from '../../cmd/callback/service.ts';
import type { ConfigContext, EventContext } from '../../lib/plugin/index.ts';
import { atEachChange } from '../support/crash.ts';
import { HookReceiver } from '../support/hook-receiver/index.ts';
import { until } from '../support/until.ts';

const signal = AbortSignal.timeout(300_000);
const quiet = () => {};
const log = { info: quiet, warn: quiet, error: quiet, debug: quiet, noRepublish: () => log };

async function started(url: string): Promise<Callbacks> {
  const callbacks = new Callbacks();
  const entry = { Url: url, Durable: true, Events: ['x.*.*'], Retry: 0 };
  const params = { 'callback/callbacks': { watch: entry }, 'callback/auths': {}, 'callback/proxy': '' };
  await callbacks.configure({
    params,
    plugin: 'callback',
    api: {},
    log,
    signal,
  } as unknown as ConfigContext<never>);
  return callbacks;
}

function tell(callbacks: Callbacks, Key: string): void {
  const event = {
    Time: 'T',
    Type: 'x',
    Action: 'delete',
    Key,
    Principal: 'p',
    Object: { Key },
    Original: null,
  };
  callbacks.tell({ event, plugin: 'callback', log } as unknown as EventContext);
}

test('killed at each change, durable callbacks that were taken in go out, with their ids, and those that are done do not again', async () => {
  const before = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'callback-'));
  await using receiver = await HookReceiver.start();
  const file = join(folder, 'callback-callback.db');
  const idsOf = () => receiver.requests.map(({ headers }) => String(headers['idempotency-key']));
  const keptIds = async () => {
    using store = await PendingStore.open(file, signal);
    return store.all().map(({ number }) => store.get(number)?.id ?? '');
  };
  process.chdir(folder);
  try {
    const changes = await atEachChange(async (crash) => {
      await rm(file, { force: true });
      receiver.requests.length = 0;
      const taken: string[] = [];
      {
        const first = await started(`${receiver.url}/hook`);
        using death = crash(folder);
        for (const key of ['a', 'b', 'c']) {
          try {
            tell(first, key);
            taken.push(key);
          } catch {
            // It was not taken in: whoever makes the event is told so.
          }
        }
        await until(() => death.happened || receiver.requests.length === 3, 'all to be sent');
        await first.stop();
      }
      const left = await keptIds();
      const sentBefore = idsOf();
      const second = await started(`${receiver.url}/hook`);
      await until(() => left.every((id) => idsOf().slice(sentBefore.length).includes(id)), 'the rest');
      await second.stop();
      assert.deepEqual(idsOf().slice(sentBefore.length).sort(), left.sort(), 'once each, and no others');
      assert.deepEqual(await keptIds(), []);
      const received = new Map(receiver.requests.map(({ body }, at) => [JSON.parse(body).Key, idsOf()[at]]));
      assert.deepEqual([...received.keys()].sort(), taken);
      assert.equal(new Set(idsOf()).size, taken.length, 'what comes twice has the same id');
    });
    assert.ok(changes >= 6, `${changes} changes`);
  } finally {
    process.chdir(before);
    await rm(folder, { recursive: true });
  }
});
