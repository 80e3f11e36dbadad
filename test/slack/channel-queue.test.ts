import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChannelQueue, type ChannelQueueTimes, type Outlet } from '../../cmd/slack/channel-queue.ts';
import type { Entry } from '../../cmd/slack/entry.ts';
import { SlackFailure } from '../../cmd/slack/failure.ts';
import type { Message } from '../../cmd/slack/message.ts';
import { Pace } from '../../cmd/slack/pace.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { until } from '../support/until.ts';

const QUICK: ChannelQueueTimes = { firstPauseMs: 1, longestPauseMs: 4, tries: 4, refusedMs: 1 };

/** A channel that takes what it is sent, unless it is told to fail. */
class Channel {
  readonly taken: string[] = [];
  readonly log: string[] = [];
  readonly failures: unknown[] = [];
  /** What happens just before a call fails. */
  onFailure = () => {};
  calls = 0;
  /** When the calls came. */
  readonly times: number[] = [];
  readonly outlet: Outlet;

  constructor(options: Partial<Outlet> = {}) {
    const say = (level: string) => (message: string) => this.log.push(`${level}: ${message}`);
    const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    this.outlet = {
      name: '#ops',
      pace: new Pace(0),
      burstMs: 0,
      log: log as unknown as Logger,
      post: async (message: Message) => {
        this.calls += 1;
        this.times.push(performance.now());
        const failure = this.failures.shift();
        if (failure !== undefined) {
          this.onFailure();
          throw failure;
        }
        this.taken.push(message.text);
      },
      ...options,
    };
  }
}

const entry = (line: string): Entry => ({
  format: 'text',
  line,
  whole: line,
  plain: line,
  when: new Date(0),
});
const lines = (channel: Channel) => channel.taken.flatMap((text) => text.split('\n'));
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `event ${from + at}`);

test('events of a burst share a message, in order, and those after it have their own', async () => {
  const channel = new Channel({ burstMs: 30 });
  const queue = new ChannelQueue('C1', channel.outlet);
  for (const line of numbers(0, 5)) queue.add(entry(line));
  await until(() => channel.taken.length === 1, 'the first message');
  queue.add(entry('later'));
  await until(() => channel.taken.length === 2, 'the second message');
  assert.deepEqual(channel.taken, [numbers(0, 5).join('\n'), 'later']);
});

test('a greeting is a message of its own, ahead of what waits', async () => {
  const channel = new Channel({ burstMs: 20 });
  const queue = new ChannelQueue('C1', channel.outlet);
  queue.add(entry('a'));
  queue.greet({ text: 'hello' });
  await until(() => channel.taken.length === 2, 'both');
  assert.deepEqual(channel.taken, ['hello', 'a']);
});

test('what does not fit into one message follows at once in the next', async () => {
  const channel = new Channel();
  const queue = new ChannelQueue('C1', channel.outlet);
  const long = numbers(0, 5).map((name) => `${name} ${'x'.repeat(15_000)}`);
  for (const line of long) queue.add(entry(line));
  await until(() => lines(channel).length === 5, 'all');
  assert.deepEqual(lines(channel), long);
  assert.equal(channel.taken.length, 3);
});

test('a limit of Slack is waited for, what comes meanwhile shares the message, and nothing is lost', async () => {
  const channel = new Channel();
  channel.failures.push(new SlackFailure('limited', 429, 'wait', { retryAfterMs: 80 }));
  const queue = new ChannelQueue('C1', channel.outlet, QUICK);
  queue.add(entry('a'));
  channel.onFailure = () => queue.add(entry('b'));
  await until(() => channel.taken.length === 1, 'the message');
  const [first = 0, second = 0] = channel.times;
  assert.ok(second - first >= 78, String(channel.times));
  assert.deepEqual(channel.taken, ['a\nb']);
  assert.equal(channel.calls, 2);
});

test('a call that may succeed later is tried again, and is logged once', async () => {
  const channel = new Channel();
  const failure = new SlackFailure('unsure', 503, 'Slack cannot now');
  channel.failures.push(failure, failure, failure);
  const queue = new ChannelQueue('C1', channel.outlet, QUICK);
  queue.add(entry('a'));
  await until(() => channel.log.length === 2, 'the log');
  assert.deepEqual(channel.taken, ['a']);
  assert.deepEqual(channel.log, [
    'error: No message reaches #ops: Slack cannot now',
    'info: Messages reach #ops again',
  ]);
});

test('after many tries a message is given up, and counted in the next', async () => {
  const channel = new Channel();
  const failure = new SlackFailure('unreachable', 503, 'no way to Slack');
  channel.failures.push(failure, failure, failure, failure);
  const queue = new ChannelQueue('C1', channel.outlet, QUICK);
  queue.add(entry('a'));
  queue.add(entry('b'));
  await until(() => channel.calls >= 4, 'four tries');
  queue.add(entry('c'));
  await until(() => channel.taken.length > 0 && lines(channel).includes('c'), 'the next message');
  assert.deepEqual(lines(channel), [':warning: 2 events are not shown: no way to Slack', 'c']);
});

test('a channel that is refused is left alone for a while, and then told what it has missed', async () => {
  const channel = new Channel();
  channel.failures.push(
    new SlackFailure('refused', 409, 'is_archived'),
    new SlackFailure('refused', 409, 'is_archived'),
  );
  const queue = new ChannelQueue('C1', channel.outlet, { ...QUICK, refusedMs: 10 });
  queue.add(entry('a'));
  await until(() => channel.taken.length === 1, 'a message');
  assert.deepEqual(channel.taken, [':warning: 1 event is not shown: is_archived']);
  assert.deepEqual(channel.log, [
    'error: No message reaches #ops: is_archived',
    'info: Messages reach #ops again',
  ]);
});

test('a message that Slack does not take holds up no other', async () => {
  const channel = new Channel();
  channel.failures.push(new SlackFailure('refused', 400, 'msg_too_long', { messageOnly: true }));
  const queue = new ChannelQueue('C1', channel.outlet, { refusedMs: 60_000 });
  queue.add(entry('a'));
  await until(() => channel.taken.length === 1, 'the next message');
  assert.deepEqual(channel.taken, [':warning: 1 event is not shown: msg_too_long']);
});

test('when too many events wait the newest are not kept, and their count stands where they would have been', async () => {
  const channel = new Channel();
  channel.failures.push(new SlackFailure('limited', 429, 'wait', { retryAfterMs: 50 }));
  const queue = new ChannelQueue('C1', channel.outlet, QUICK);
  queue.add(entry('event 0'));
  channel.onFailure = () => {
    for (const line of numbers(1, 7000)) queue.add(entry(line));
  };
  await until(() => lines(channel).length === 5001, 'what was kept');
  queue.add(entry('after'));
  await until(() => lines(channel).length === 5002, 'the last');
  const told = lines(channel);
  assert.deepEqual(told.slice(0, 5000), numbers(0, 5000));
  assert.deepEqual(told.slice(5000), [
    ':warning: 2000 events are not shown: more came than Slack takes',
    'after',
  ]);
});

test('long events count by their length', async () => {
  const channel = new Channel();
  channel.failures.push(new SlackFailure('limited', 429, 'wait', { retryAfterMs: 50 }));
  const queue = new ChannelQueue('C1', channel.outlet, QUICK);
  const long = 'x'.repeat(35_000);
  for (let count = 0; count < 1000; count += 1) queue.add(entry(long));
  await until(() => lines(channel).some((line) => line.startsWith(':warning:')), 'the count');
  const kept = lines(channel).filter((line) => line === long).length;
  assert.ok(kept > 50 && kept < 500, String(kept));
  assert.equal(
    lines(channel).at(-1),
    `:warning: ${1000 - kept} events are not shown: more came than Slack takes`,
  );
});

test('a change of the outlet holds for what waits: it goes out once, by the new one', async () => {
  const before = new Channel({ burstMs: 60_000 });
  const after = new Channel();
  const queue = new ChannelQueue('C1', { ...before.outlet, burstMs: 30 });
  for (const line of numbers(0, 3)) queue.add(entry(line));
  queue.use(after.outlet);
  for (const line of numbers(3, 6)) queue.add(entry(line));
  await until(() => lines(after).length === 6, 'all');
  assert.deepEqual(lines(after), numbers(0, 6));
  assert.deepEqual(before.taken, []);
});

test('ends at once when nothing waits, and with all sent when something does', async () => {
  const channel = new Channel({ burstMs: 60_000 });
  await new ChannelQueue('C0', channel.outlet).end(1000);
  const queue = new ChannelQueue('C1', channel.outlet);
  queue.add(entry('a'));
  const ended = queue.end(10_000);
  queue.add(entry('too late'));
  await ended;
  assert.deepEqual(lines(channel)[0], 'a');
  assert.match(lines(channel)[1] ?? '', /^:warning: 1 event is not shown/);
});

test('ends with one message when it has to, which counts what does not fit', async () => {
  const channel = new Channel({ burstMs: 60_000 });
  const queue = new ChannelQueue('C1', channel.outlet);
  for (const line of numbers(0, 4000)) queue.add(entry(`${line} ${'x'.repeat(100)}`));
  await queue.end(10_000, { last: true });
  assert.equal(channel.taken.length, 1);
  const told = lines(channel);
  assert.ok((channel.taken[0]?.length ?? 0) <= 40_000);
  assert.equal(
    told.at(-1),
    `:warning: ${4000 - (told.length - 1)} events are not shown: the plugin has stopped`,
  );
  assert.deepEqual(channel.log, []);
});

test('ends sooner when it is told to a second time, and says once what is lost', async () => {
  const channel = new Channel();
  channel.failures.push(new SlackFailure('limited', 429, 'wait', { retryAfterMs: 60_000 }));
  const queue = new ChannelQueue('C1', channel.outlet);
  queue.add(entry('a'));
  await until(() => channel.calls === 1, 'the call');
  await Promise.all([queue.end(60_000), queue.end(20, { last: true })]);
  assert.deepEqual(channel.log.slice(1), ['warn: 1 events were not sent to #ops: no time was left']);
});

test('gives up at its limit, says so, and sends nothing after', async () => {
  const channel = new Channel();
  const queue = new ChannelQueue('C1', {
    ...channel.outlet,
    post: (_message, signal) =>
      new Promise((_resolve, reject) => {
        channel.calls += 1;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  });
  for (const line of numbers(0, 3)) queue.add(entry(line));
  await until(() => channel.calls === 1, 'the call');
  await queue.end(20, { last: true });
  assert.deepEqual(channel.log, ['warn: 3 events were not sent to #ops: no time was left']);
  queue.add(entry('after the end'));
  assert.equal(channel.calls, 1);
});

test('an error of the sender itself is logged, and the next event is sent', async () => {
  const channel = new Channel();
  channel.failures.push(new TypeError('a mistake'));
  const queue = new ChannelQueue('C1', channel.outlet, QUICK);
  queue.add(entry('a'));
  await until(() => channel.taken.length === 1, 'the message');
  assert.deepEqual(channel.taken, ['a']);
});
