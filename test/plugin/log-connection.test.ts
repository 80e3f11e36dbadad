import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LogConnection } from '../../lib/plugin/log-connection.ts';
import { until } from '../support/until.ts';

const NO_CONTENT = 'HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n';

/** An endpoint that answers by hand. */
async function endpoint() {
  const folder = await mkdtemp(join(tmpdir(), 'drp-log-'));
  const path = join(folder, 's');
  const state = { path, received: '', sockets: [] as Socket[], connections: 0 };
  const server = createServer((socket) => {
    state.connections += 1;
    state.sockets.push(socket);
    socket.on('data', (chunk) => {
      state.received += chunk;
    });
    socket.on('error', () => {});
  }).listen(path);
  await once(server, 'listening');
  return Object.assign(state, {
    lines: () => [...state.received.matchAll(/\r\n\r\n(line \d+)/g)].map(([, line]) => line),
    answer: (text: string) => state.sockets.at(-1)?.write(text),
    [Symbol.asyncDispose]: async () => {
      for (const socket of state.sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  });
}

describe('the connection for log lines', () => {
  for (const [what, answers, taken] of [
    ['answers without a body', NO_CONTENT.repeat(3), 3],
    ['answers with a body', 'HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}'.repeat(3), 3],
    [
      'answers in chunks',
      'HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'.repeat(3),
      3,
    ],
    ['interim answers', `HTTP/1.1 100 Continue\r\n\r\n${NO_CONTENT}`.repeat(3), 3],
    ['more answers than questions', NO_CONTENT.repeat(5), 3],
    ['nonsense after one answer', `${NO_CONTENT}SSH-2.0 here\r\n`, 1],
    ['nonsense', 'hello', 0],
    [
      'an answer without end',
      `HTTP/1.1 400 Bad\r\nContent-Length: 9999999\r\n\r\n${'x'.repeat(1024 * 1024)}`,
      0,
    ],
  ] as const) {
    test(`counts ${what}`, async () => {
      await using peer = await endpoint();
      const connection = new LogConnection(peer.path, '/log');
      const sending = connection.send(['line 1', 'line 2', 'line 3']);
      await until(() => peer.lines().length === 3, 'the lines');
      // In pieces, as bytes may come.
      for (let at = 0; at < answers.length; at += 100_000) peer.answer(answers.slice(at, at + 100_000));
      assert.equal(await sending, taken);
      connection.close();
    });
  }

  test('is made again after it broke, and sends what it is given then', async () => {
    await using peer = await endpoint();
    const connection = new LogConnection(peer.path, '/log');
    const first = connection.send(['line 1', 'line 2']);
    await until(() => peer.lines().length === 2, 'the lines');
    peer.answer(NO_CONTENT);
    peer.sockets[0]?.end();
    assert.equal(await first, 1);
    const second = connection.send(['line 2']);
    await until(() => peer.lines().length === 3, 'the line again');
    peer.answer(NO_CONTENT);
    assert.equal(await second, 1);
    assert.equal(peer.connections, 2);
    connection.close();
  });

  test('takes nothing when nothing listens', async () => {
    assert.equal(await new LogConnection('/nonexistent/socket', '/log').send(['line 1']), 0);
  });
});
