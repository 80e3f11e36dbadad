import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { binary, PROVIDERS } from '../support/binary.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

/** Those that serve routes of their own. */
const WITH_ROUTES: readonly string[] = ['ipmi'];
const OK = { Model: '', Key: '', Type: '', Messages: null, Code: 200 };

for (const name of PROVIDERS) {
  describe(`the executable ${name}`, () => {
    /** For the tests that leave it running. */
    let provider: ProviderProcess;
    before(async () => {
      provider = await ProviderProcess.start([binary(name)]);
    });
    after(() => provider[Symbol.asyncDispose]());

    test('prints READY! and nothing else, and serves on a socket that only its owner may open', async () => {
      assert.equal(provider.stdout, 'READY!\n');
      assert.equal(provider.stderr, '');
      assert.equal(statSync(provider.toPlugin).mode & 0o777, 0o600);
    });

    test('answers stop in full, then ends with code 0 and removes its socket', async () => {
      await using provider = await ProviderProcess.start([binary(name)]);
      const { status, json } = await provider.post('stop', 'null');
      assert.equal(status, 200);
      assert.deepEqual(json, OK);
      assert.deepEqual(await provider.exited, { code: 0, signal: null });
      assert.equal(existsSync(provider.toPlugin), false);
      assert.equal(provider.stderr, '');
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      test(`ends with code 0 and removes its socket on ${signal}`, async () => {
        await using provider = await ProviderProcess.start([binary(name)]);
        provider.child.kill(signal);
        assert.deepEqual(await provider.exited, { code: 0, signal: null });
        assert.equal(existsSync(provider.toPlugin), false);
      });
    }

    test('is served as well when it is started by serve and with --debug, which shows its log', async () => {
      const sockets = [join(provider.folder, 'b.toPlugin.3'), provider.endpoint.path];
      await using second = await ProviderProcess.start([binary(name)], { args: ['-d', 'serve', ...sockets] });
      assert.equal(second.stdout, 'READY!\n');
      second.child.kill('SIGTERM');
      assert.equal((await second.exited).code, 0);
      assert.match(second.stderr, /info .*stopped/);
    });

    test('answers many requests at once, each with its own answer', async () => {
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      const answers = await Promise.all(numbers.map((index) => provider.action(`unknown${index}`)));
      for (const [index, answer] of answers.entries()) {
        assert.equal(answer.status, 404);
        assert.deepEqual((answer.json as { Messages: string[] }).Messages, [
          `Unknown command: unknown${index}`,
        ]);
      }
    });

    test('takes a body of 20 MB', async () => {
      const { status, json } = await provider.action('unknown', {
        Params: { large: 'x'.repeat(20_000_000) },
      });
      assert.equal(status, 404);
      assert.equal((json as { Key: string }).Key, name);
    });

    test('refuses a body without end, and lives on', async () => {
      using connection = await provider.connection();
      connection.write(
        'POST /api-plugin/v4/action HTTP/1.1\nHost: unix\nContent-Type: application/json\nContent-Length: 900000000\n\n',
      );
      const chunk = 'x'.repeat(1024 * 1024);
      // It goes on sending when it could have read the answer.
      connection.socket.pause();
      for (let sent = 0; sent < 70 && !connection.ended; sent += 1) {
        if (!connection.socket.write(chunk)) {
          await until(() => connection.ended || !connection.socket.writableNeedDrain, 'the body to be taken');
        }
      }
      connection.socket.resume();
      await until(() => connection.answers.length > 0 || connection.ended, 'an answer');
      assert.equal(connection.answers[0]?.status, 413);
      assert.equal((await provider.action('unknown')).status, 404);
    });

    test('is not held up by requests that are sent by half', async () => {
      using head = await provider.connection();
      using body = await provider.connection();
      head.write('POST /api-plugin/v4/action HTTP/1.1\nHost: un');
      body.write(
        'POST /api-plugin/v4/action HTTP/1.1\nHost: unix\nContent-Type: application/json\nContent-Length: 50\n\n{"Comm',
      );
      assert.equal((await provider.action('unknown')).status, 404);
      body.write(`and":"unknown"}${' '.repeat(29)}`);
      await until(() => body.answers.length === 1, 'the answer to the slow request');
      assert.equal(body.answers[0]?.status, 404);
      head.socket.destroy();
      assert.equal((await provider.action('unknown')).status, 404);
    });

    test('answers raw bytes that are no request with a models.Error, and lives on', async () => {
      const bytes = [
        '\u0000\u0001\u0002\n\n',
        'GET\n\n',
        'POST / HTTP/9.9\nHost: x\n\n',
        '\n\n\n',
        `GET /${'a'.repeat(40_000)} HTTP/1.1\nHost: x\n\n`,
        'POST /api-plugin/v4/action HTTP/1.1\nHost: x\nContent-Length: -1\n\n',
        'POST /api-plugin/v4/action HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nzz\n',
        'CONNECT x HTTP/1.1\nHost: x\n\n',
      ];
      for (const text of bytes) {
        using connection = await provider.connection();
        connection.write(text);
        connection.socket.end();
        await until(() => connection.ended, `the end of ${JSON.stringify(text.slice(0, 40))}`);
        for (const { status, body } of connection.answers) {
          assert.ok(status >= 400 && status < 500, `${status}`);
          assert.equal((JSON.parse(body) as { Code: number }).Code, status);
        }
      }
      assert.equal((await provider.action('unknown')).status, 404);
    });

    test('works without an endpoint, and sends its log in order when that is back', async () => {
      await using provider = await ProviderProcess.start([binary(name)], { deaf: true });
      for (let index = 0; index < 50; index += 1) {
        assert.equal((await provider.action(`unknown${index}`)).status, 404);
      }
      await provider.endpoint.open();
      const requests = () =>
        provider.endpoint.lines.filter(({ Message }) => Message.startsWith('API: st: 404'));
      await until(() => requests().length === 50, 'the log');
      await provider.endpoint.close();
      assert.equal((await provider.action('unknown')).status, 404);
      await provider.endpoint.open();
      await until(() => requests().length === 51, 'the log again');
      const sequence = provider.endpoint.lines.map(({ Seq }) => Seq);
      assert.deepEqual(
        sequence,
        sequence.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(sequence).size, sequence.length);
    });

    test('is not held up by an endpoint that takes connections and never answers', async () => {
      await using provider = await ProviderProcess.start([binary(name)], { deaf: true });
      const mute = createServer(() => {});
      mute.listen(provider.endpoint.path);
      for (let index = 0; index < 20; index += 1) {
        assert.equal((await provider.action('unknown')).status, 404);
      }
      assert.equal((await provider.post('stop')).status, 200);
      assert.equal((await provider.exited).code, 0);
      mute.close();
    });

    test('logs each request at debug, with its source, under its own group, never as an event', async () => {
      const before = await linesSoFar(provider);
      await provider.action('unknown');
      await provider.action('unknown');
      const lines = () =>
        provider.endpoint.lines.slice(before).filter(({ Message }) => Message.startsWith('API: '));
      await until(() => lines().length === 2, 'two lines');
      const [first, second] = lines();
      assert.match(
        first?.Message ?? '',
        /^API: st: 404 lt: [\d.]+(µs|ms|s) m: POST \/api-plugin\/v4\/action$/,
      );
      assert.deepEqual(
        [first?.Level, first?.Service, first?.IgnorePublish, first?.Data, first?.File],
        ['debug', name, true, [], 'lib/plugin/protocol.ts'],
      );
      const source = readFileSync(new URL('../../lib/plugin/protocol.ts', import.meta.url), 'utf8').split(
        '\n',
      );
      const line = first?.Line ?? 0;
      assert.match(source.slice(line - 1, line + 2).join('\n'), /\.debug\(`API: st/);
      assert.notEqual(first?.Group, second?.Group);
    });

    test('lowers the log level for one request, and says so when it does not know the level', async () => {
      const before = await linesSoFar(provider);
      const lines = () => provider.endpoint.lines.slice(before);
      await provider.action('quiet', {}, { 'X-Log-Request': 'warn' });
      await provider.action('loud', {}, { 'X-Log-Request': 'bogus', 'X-Log-Token': 'tok' });
      await until(() => lines().some(({ Message }) => Message.startsWith('API: ')), 'the log');
      assert.deepEqual(
        lines().map(({ Level, Message, IgnorePublish }) => [
          Level,
          Message.replace(/lt: \S+/, 'lt'),
          IgnorePublish,
        ]),
        [
          ['error', 'Invalid requested log level bogus', true],
          ['error', 'Log token: tok', true],
          ['debug', 'API: st: 404 lt m: POST /api-plugin/v4/action', true],
        ],
      );
    });

    test('answers /plugin-apis with 404 where it has no route', async () => {
      const { status, json } = await provider.send('GET', '/plugin-apis/p/x');
      assert.equal(status, 404);
      const none = { Model: '', Key: '/plugin-apis/p/x', Type: 'GET', Messages: null, Code: 404 };
      const unknown = { ...none, Model: 'plugin', Key: name, Type: 'rpc' };
      const Messages = ['/x: there is no such route'];
      assert.deepEqual(json, WITH_ROUTES.includes(name) ? { ...unknown, Messages } : none);
    });
  });
}

/** How many log lines there are when those of all earlier requests have come: they come in order. */
async function linesSoFar(provider: ProviderProcess): Promise<number> {
  const token = randomUUID();
  await provider.action('unknown', {}, { 'X-Log-Token': token });
  const ended = () => {
    const { lines } = provider.endpoint;
    const group = lines.find(({ Message }) => Message.includes(token))?.Group;
    return lines.some(({ Group, Message }) => Group === group && Message.startsWith('API: '));
  };
  await until(ended, 'the log of all earlier requests');
  return provider.endpoint.lines.length;
}
