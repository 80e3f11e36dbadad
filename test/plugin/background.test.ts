import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepRunning } from '../../lib/plugin/background.ts';
import { EndpointSocket } from '../../lib/plugin/endpoint-socket.ts';
import { definePlugin } from '../../lib/plugin/index.ts';
import { PluginInstance } from '../../lib/plugin/instance.ts';
import { LogSource } from '../../lib/plugin/logger.ts';
import { until } from '../support/until.ts';

const log = new LogSource(() => {}).logger('test');

test('background work runs from one config to the next, one at a time, and ends with the plugin', async () => {
  const steps: string[] = [];
  const plugin = await definePlugin<{ name: string }>({
    name: 'looping',
    summary: 'Loops',
    config({ background, params }) {
      background(async (signal) => {
        steps.push(`${params.name} begins`);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => setImmediate(resolve)));
        steps.push(`${params.name} ends`);
      });
    },
  });
  const instance = new PluginInstance(plugin, new EndpointSocket('/nowhere'), log);
  await instance.configure({ name: 'a' }, log);
  await instance.configure({ name: 'b' }, log);
  await until(() => steps.length === 3, 'the second one');
  await instance.stop(log);
  assert.deepEqual(steps, ['a begins', 'a ends', 'b begins', 'b ends']);
});

test('a config that fails leaves the background work of the last one, and what its handler began', async () => {
  const steps: string[] = [];
  let first: AbortSignal | undefined;
  const plugin = await definePlugin<{ name: string }>({
    name: 'looping',
    summary: 'Loops',
    config({ background, params, signal }) {
      first ??= signal;
      background(async (ending) => {
        steps.push(`${params.name} begins`);
        await new Promise<void>((resolve) => ending.addEventListener('abort', () => resolve()));
      });
      if (params.name === 'bad') throw new TypeError('refused');
    },
  });
  const instance = new PluginInstance(plugin, new EndpointSocket('/nowhere'), log);
  await instance.configure({ name: 'good' }, log);
  await assert.rejects(instance.configure({ name: 'bad' }, log), /refused/);
  assert.deepEqual([steps, first?.aborted], [['good begins'], false]);
  await instance.configure({ name: 'next' }, log);
  assert.deepEqual([steps, first?.aborted], [['good begins', 'next begins'], false]);
  await instance.stop(log);
  assert.equal(first?.aborted, true);
});

test('background work that fails is logged and begins again; that which returns is done', async () => {
  const messages: string[] = [];
  const logger = new LogSource(({ Message }) => messages.push(Message)).logger('test');
  let runs = 0;
  const work = async () => {
    runs += 1;
    if (runs < 4) throw new TypeError(`failure ${runs}`);
  };
  await keepRunning(work, new AbortController().signal, logger, 1);
  assert.equal(runs, 4);
  assert.deepEqual(
    messages.map((message) => message.split('\n')[0]),
    [1, 2, 3].map(
      (run) => `Background work failed, and begins again in ${(1 << (run - 1)) / 1000} s: failure ${run}`,
    ),
  );
});

test('a pause of background work ends with its signal', async () => {
  const ending = new AbortController();
  const failed = Promise.withResolvers<void>();
  const running = keepRunning(
    async () => {
      failed.resolve();
      throw new Error('failed');
    },
    ending.signal,
    log,
    3_600_000,
  );
  await failed.promise;
  setImmediate(() => ending.abort());
  await running;
});

test('sleeps are as long as they are asked to be, and what is no time is a failure', async () => {
  const messages: string[] = [];
  const logger = new LogSource(({ Message }) => messages.push(Message)).logger('test');
  const ending = new AbortController();
  const asleep = Promise.withResolvers<void>();
  let runs = 0;
  const running = keepRunning(
    async (_signal, clock) => {
      runs += 1;
      const began = clock.now();
      await clock.sleep(2);
      assert.ok(clock.now() > began);
      if (runs === 1) await clock.sleep(Number.NaN);
      // Longer than timers can be set for, which then fire at once.
      const long = clock.sleep(2 ** 33);
      void long.catch(() => {});
      await clock.sleep(5);
      asleep.resolve();
      await long;
      messages.push('woken');
    },
    ending.signal,
    logger,
    1,
  );
  await asleep.promise;
  ending.abort();
  await running;
  assert.equal(runs, 2);
  assert.deepEqual(
    messages.map((message) => message.split('\n')[0]),
    ['Background work failed, and begins again in 0.001 s: sleep: expected milliseconds, found NaN'],
  );
});
