import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { binary } from '../support/binary.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { memoryKb } from './processes.ts';

const SAMPLE = [process.execPath, join(import.meta.dirname, '../support/sample-plugin.ts')];
const HUGE = 10 ** 12;

/** Something in the endpoint's place that does with connections what a test says. */
class Impostor implements AsyncDisposable {
  readonly #path: string;
  readonly #server: Server;
  readonly sockets = new Set<Socket>();

  private constructor(path: string, server: Server) {
    this.#path = path;
    this.#server = server;
  }

  static async at(path: string, meet: (socket: Socket) => void): Promise<Impostor> {
    const server = createServer();
    const impostor = new Impostor(path, server);
    server.on('connection', (socket) => {
      impostor.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => impostor.sockets.delete(socket));
      meet(socket);
    });
    server.listen(path);
    await once(server, 'listening');
    return impostor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await rm(this.#path, { force: true });
  }
}

const messagesOf = (json: unknown) => (json as { Messages: string[] }).Messages.join('\n');

/** Sends `bytes` again and again as fast as they are taken. */
function pour(socket: Socket, bytes: string): void {
  while (!socket.destroyed && socket.write(bytes)) {
    // Goes on until the other side has enough for now.
  }
  socket.once('drain', () => pour(socket, bytes));
}

const NONSENSE: [what: string, answer: (socket: Socket, asked: string) => void, publish: RegExp][] = [
  ['another protocol', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), /does not answer: Parse Error/],
  ['no text at all', (socket) => socket.write(Buffer.alloc(4096, 255)), /does not answer: Parse Error/],
  [
    'a page of some proxy',
    // A log line that is answered counts as taken, so that those are left alone.
    (socket, asked) =>
      asked.includes('/log ')
        ? socket.destroy()
        : socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<h1>Oops</h1>'),
    /POST \/publish: <h1>Oops/,
  ],
  [
    'half an answer',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"Code":'),
    /does not answer: aborted/,
  ],
  [
    'an answer without end',
    (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${HUGE}\r\n\r\n`);
      pour(socket, 'x'.repeat(1024 * 1024));
    },
    /does not answer: the answer is longer than \d+ bytes/,
  ],
  [
    'headers without end',
    (socket) => pour(socket, 'HTTP/1.1 200 OK\r\nX: y\r\nZ: y'),
    /does not answer: Parse Error/,
  ],
];

describe('what answers in place of the endpoint', { concurrency: 2 }, () => {
  for (const [what, answer, publish] of NONSENSE) {
    test(`${what}: publish is an error of one line, actions go on, and the log is whole once the endpoint is back`, async () => {
      await using provider = await ProviderProcess.start(SAMPLE, { deaf: true });
      {
        await using _impostor = await Impostor.at(provider.endpoint.path, (socket) =>
          socket.once('data', (asked) => answer(socket, asked.toString())),
        );
        const { status, json, text } = await provider.action('publish');
        assert.ok(status >= 500, `${status}`);
        assert.match(messagesOf(json), publish);
        assert.ok(text.length < 1000);
        assert.equal((await provider.action('objects')).status >= 500, true);
        assert.equal((await provider.action('nothing')).status, 200);
      }
      await provider.endpoint.open();
      const lines = () => provider.endpoint.lines.filter(({ Message }) => Message.startsWith('API: '));
      await until(() => lines().length >= 3, 'the log');
      assert.deepEqual(
        provider.endpoint.lines.map(({ Seq }) => Seq),
        provider.endpoint.lines.map(({ Seq }) => Seq).toSorted((a, b) => a - b),
      );
      assert.equal((await provider.action('publish')).status, 200);
      assert.ok((await memoryKb(provider.child.pid ?? 0, 'VmHWM')) < 700_000);
    });
  }

  test('an endpoint that takes connections and reads nothing: the flood stays within bounds, and what was kept arrives', async () => {
    await using provider = await ProviderProcess.start(SAMPLE, { deaf: true });
    const pid = provider.child.pid ?? 0;
    {
      await using impostor = await Impostor.at(provider.endpoint.path, (socket) => socket.pause());
      for (let round = 0; round < 5; round += 1)
        assert.equal((await provider.action('flood')).json, 'flooded');
      await until(() => impostor.sockets.size > 0, 'a connection');
      assert.equal((await provider.action('nothing')).status, 200);
      // Five times 20 MB were written.
      assert.ok((await memoryKb(pid, 'VmRSS')) < 400_000);
    }
    await provider.endpoint.open();
    const last = () => provider.endpoint.lines.some(({ Message }) => Message.startsWith('line 19999 '));
    await until(last, 'the last line');
    const told = provider.endpoint.lines.filter(({ Message }) => Message.includes('log lines were dropped'));
    const dropped = told.reduce((sum, { Message }) => sum + Number.parseInt(Message, 10), 0);
    const kept = provider.endpoint.lines.filter(({ Message }) => Message.startsWith('line ')).length;
    assert.ok(dropped > 0);
    // What the impostor had on its connection may come once more: a line that was not answered is sent again.
    assert.ok(kept + dropped >= 100_000 - told.length && kept + dropped < 101_000, `${kept} + ${dropped}`);
  });

  test('a slow endpoint: answers do not wait for it, and every line arrives once, in order', async () => {
    let taken = 0;
    let open = false;
    const waiting: (() => void)[] = [];
    await using provider = await ProviderProcess.start([binary('incrementer')], { deaf: true });
    {
      // Answers a line at a time, and no line until told.
      await using _slow = await Impostor.at(provider.endpoint.path, (socket) => {
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
          for (const _post of text.matchAll(/POST \/api-server-plugin\/v4\/log HTTP/g)) {
            taken += 1;
            const answer = () => socket.write('HTTP/1.1 204 No Content\r\n\r\n');
            if (open) setTimeout(answer, 1);
            else waiting.push(answer);
          }
          text = text.slice(Math.max(text.lastIndexOf('\n'), 0));
        });
      });
      const asked = Array.from({ length: 100 }, (_, index) => provider.action(`unknown${index}`));
      for (const answer of await Promise.all(asked)) assert.equal(answer.status, 404);
      open = true;
      for (const answer of waiting) answer();
      await until(() => taken >= 100, 'all lines');
      assert.equal(taken, 100);
      assert.equal((await provider.post('stop')).status, 200);
      assert.equal((await provider.exited).code, 0);
    }
  });

  test('an endpoint that goes away over a publish: that is an error, and the next one gets through', async () => {
    await using provider = await ProviderProcess.start(SAMPLE, { deaf: true });
    {
      await using impostor = await Impostor.at(provider.endpoint.path, (socket) => {
        socket.on('data', (chunk) => {
          if (chunk.includes('/publish')) void impostor[Symbol.asyncDispose]();
        });
      });
      const { status, json } = await provider.action('publish');
      assert.equal(status, 503);
      assert.match(messagesOf(json), /^POST \/publish: the endpoint does not answer: /);
    }
    const { status, json } = await provider.action('publish');
    assert.equal(status, 503);
    assert.match(messagesOf(json), /ENOENT|ECONNREFUSED/);
    await provider.endpoint.open();
    assert.equal((await provider.action('publish')).status, 200);
    assert.equal(provider.endpoint.posts.filter(({ path }) => path.endsWith('/publish')).length, 1);
  });
});
