import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Connect, SharedConsole } from '../../../cmd/ipmi/console/shared-console.ts';
import { type ConsoleListener, refusal } from '../../../lib/ipmi/index.ts';
import { until } from '../../support/until.ts';

/** A BMC's side of the console, without a BMC. */
class Port {
  typed = '';
  opened = 0;
  closed = 0;
  unsent = 0;
  listener: ConsoleListener | undefined;
  /** The sessions that were lost, by those that were opened. */
  readonly lost: (number | undefined)[] = [];
  /** What the next tries to connect fail with. */
  failures: Error[] = [];
  readonly connect: Connect = async (listener, signal, lost) => {
    this.opened += 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.listener = listener;
    signal.addEventListener('abort', () => this.#close(), { once: true });
    const type = (characters: Buffer | 'break') => {
      this.typed += characters;
    };
    const connection = { type, close: () => this.#close(), unsent: 0, sessionId: this.opened };
    this.lost.push(lost?.sessionId);
    return Object.defineProperty(connection, 'unsent', {
      get: () => this.unsent,
    });
  };

  print(text: string): void {
    this.listener?.output(Buffer.from(text));
  }

  #close(): void {
    this.closed += 1;
  }
}

const TIMING = { pausesMs: [1, 2], againForMs: 20_000, typeMs: 60 };
const never = new AbortController().signal;

async function opened(timing = TIMING): Promise<{ port: Port; shared: SharedConsole }> {
  const port = new Port();
  const shared = new SharedConsole(port.connect, never, timing);
  await shared.open();
  return { port, shared };
}

test('what is printed is read from any place on by each who looks, at once or when it comes', async () => {
  const { port, shared } = await opened();
  port.print('hello ');
  const first = await shared.read(0, 0, 0);
  assert.partialDeepStrictEqual(first, { next: 6, missed: 0, state: 'open', message: '' });
  assert.equal(first.output.toString(), 'hello ');
  const waiting = shared.read(first.next, first.version, 30_000);
  port.print('world');
  assert.equal((await waiting).output.toString(), 'world');
  assert.equal((await shared.read(0, first.version, 0)).output.toString(), 'hello world');
  assert.equal((await shared.read(11, first.version, 5)).output.length, 0);
  shared.close();
});

test('what is too old is missed, and said so', async () => {
  const { port, shared } = await opened();
  for (let count = 0; count < 200; count += 1) port.print('x'.repeat(1_000));
  const { output, missed, next } = await shared.read(0, 0, 0);
  assert.equal(next, 200_000);
  assert.equal(missed + output.length, next);
  assert.ok(output.length > 60_000 && output.length <= 64 * 1024);
  assert.equal(shared.start, missed);
  shared.close();
});

test('a connection that is lost is made again, and those who look are told', async () => {
  const { port, shared } = await opened();
  const { version } = await shared.read(0, 0, 0);
  port.failures = [refusal(504, 'BMC x: does not answer'), refusal(503, 'BMC x: has no session free')];
  port.listener?.over(refusal(504, 'BMC x: stopped answering'));
  const lost = await shared.read(0, version, 30_000);
  assert.deepEqual([lost.state, lost.message], ['connecting', 'BMC x: stopped answering']);
  await assert.rejects(shared.type(Buffer.from('x')), { code: 409, message: /not open: BMC x/ });
  await until(async () => (await shared.read(0, 0, 0)).state === 'open', 'the console to be open again');
  assert.equal(port.opened, 4);
  // The session that was lost may be ended, and no other one.
  assert.deepEqual(port.lost, [undefined, 1]);
  port.print('again');
  assert.equal((await shared.read(0, 0, 0)).output.toString(), 'again');
  await shared.type(Buffer.from('y'));
  assert.equal(port.typed, 'y');
  shared.close();
});

test('it has ended when the BMC says so, lets nobody in, or stays away', async () => {
  const ended = async (shared: SharedConsole) => {
    await until(() => shared.hasEnded, 'the end');
    return (await shared.read(0, 0, 30_000)).message;
  };
  const taken = await opened();
  taken.port.listener?.over();
  assert.match(await ended(taken.shared), /opened elsewhere/);
  const refused = await opened();
  refused.port.failures = [refusal(403, 'BMC x: refuses the user name')];
  refused.port.listener?.over(refusal(504, 'BMC x: stopped answering'));
  assert.match(await ended(refused.shared), /refuses the user name/);
  const away = await opened({ ...TIMING, againForMs: 30 });
  away.port.failures = Array.from({ length: 1_000 }, () => refusal(504, 'BMC x: does not answer'));
  away.port.listener?.over(refusal(504, 'BMC x: stopped answering'));
  assert.match(await ended(away.shared), /does not answer/);
});

test('a console that cannot be opened says why, to those who came meanwhile as well', async () => {
  const port = new Port();
  port.failures = [refusal(409, 'BMC x: has its console in use')];
  const shared = new SharedConsole(port.connect, never, TIMING);
  const other = shared.read(0, 0, 30_000);
  await assert.rejects(shared.open(), { code: 409 });
  assert.partialDeepStrictEqual(await other, {
    state: 'ended',
    message: 'BMC x: has its console in use',
  });
});

test('the end of the plugin ends it, wherever it is, and those who wait are told', async () => {
  const stopping = new AbortController();
  const port = new Port();
  const shared = new SharedConsole(port.connect, stopping.signal, { ...TIMING, pausesMs: [30_000] });
  await shared.open();
  const { version } = await shared.read(0, 0, 0);
  port.listener?.over(refusal(504, 'BMC x: stopped answering'));
  const waiting = shared.read(0, version + 1, 30_000);
  stopping.abort();
  assert.partialDeepStrictEqual(await waiting, {
    state: 'ended',
    message: 'the plugin has closed the console',
  });
  const open = new AbortController();
  const other = new SharedConsole(port.connect, open.signal, TIMING);
  await other.open();
  const before = port.closed;
  open.abort();
  assert.ok(port.closed > before);
});

test('who types more than the BMC takes waits, and is told when it takes nothing', async () => {
  const { port, shared } = await opened();
  port.unsent = 5_000;
  const typing = shared.type(Buffer.from('x'));
  port.unsent = 0;
  await typing;
  assert.equal(port.typed, 'x');
  port.unsent = 5_000;
  await assert.rejects(shared.type(Buffer.from('y')), { code: 503, message: /takes nothing/ });
  assert.equal(port.typed, 'x');
  shared.close();
});
