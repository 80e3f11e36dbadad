import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, LogLine } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { Client } from './client.ts';
import { Drpkit } from './drpkit.ts';

test('events and logs', async (t) => {
  await using client = await Client.open();
  const { running, env } = client;

  /** Makes events until the watcher shows one: it does not say when it has begun. */
  const untilShown = async (watcher: Drpkit, make: () => Promise<unknown>, pattern: RegExp) => {
    await until(async () => {
      await make();
      return pattern.test(watcher.stdout);
    }, `${pattern} in what is watched`);
  };

  await t.test('what a filter selects is shown as it comes, and nothing else', async () => {
    await using watcher = await Drpkit.start(['events', 'watch', 'cows.*.*'], { env });
    const make = async () => {
      await client.running.call('POST', 'events', { body: { Type: 'dogs', Action: 'bark', Key: 'x' } });
      await client.running.call('POST', 'events', { body: { Type: 'cows', Action: 'moo', Key: 'berta' } });
    };
    await untilShown(watcher, make, /\n}\n[\s\S]*\n}\n/);
    const [first = '', second = ''] = watcher.stdout.split(/(?<=\n}\n)/);
    const told = [first, second].map((text) => {
      const { Type, Action, Key } = JSON.parse(text) as Event;
      return [Type, Action, Key];
    });
    assert.deepEqual(told, [
      ['websocket', 'register', 'cows.*.*'],
      ['cows', 'moo', 'berta'],
    ]);
    assert.doesNotMatch(watcher.stdout, /dogs/);
    assert.equal((await watcher.end('SIGINT')).signal, 'SIGINT');
  });

  await t.test('events are posted', async () => {
    await using watcher = await Drpkit.start(['events', 'watch', '-F', 'text', '-H', '-J', 'Type,Key'], {
      env,
    });
    const post = () =>
      client.text(['events', 'post', '-'], { input: '{Type: cows, Action: moo, Key: frieda}' });
    await untilShown(watcher, post, /Type\tcows {2}\t\nKey {1}\tfrieda\t\n/);
    assert.match(await client.error(['events', 'post', '{Type: cows}']), /^Error: .*Action/);
    assert.equal(
      await client.error(['events', 'post', 'moo']),
      'Error: Invalid event: expected an object, found a string\n',
    );
  });

  await t.test('a filter that is none is an error', async () => {
    assert.match(await client.error(['events', 'watch', 'cows']), /^Error: .*cows.*TYPE\.ACTION\.KEY/);
  });

  await t.test('the log is shown, and watched', async () => {
    const lines = (await client.json(['logs', 'get'])) as LogLine[];
    assert.ok(lines.some(({ Service, Message }) => Service === 'cow' && Message !== ''));
    await using watcher = await Drpkit.start(['logs', 'watch', '-F', 'yaml'], { env });
    const event = { Type: 'log', Action: 'info', Key: 'test', Object: { Level: 'info', Message: 'hello' } };
    const make = () => running.call('POST', 'events', { body: event });
    await untilShown(watcher, make, /^Level: info\nMessage: hello\n\n/m);
  });

  await t.test('the end of the endpoint is told, and its return', async () => {
    await using watcher = await Drpkit.start(['events', 'watch', 'cows.*.*'], { env });
    const make = () => running.call('POST', 'events', { body: { Type: 'cows', Action: 'moo', Key: 'x' } });
    await untilShown(watcher, make, /moo/);
    await running.endpoint.close();
    await watcher.printed(/Event stream lost/);
  });
});
