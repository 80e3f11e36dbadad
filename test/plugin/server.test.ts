import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { jsonAnswer } from '../../lib/plugin/protocol.ts';
import { PluginServer } from '../../lib/plugin/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'drp-'));
after(() => rmSync(folder, { recursive: true }));

test('callers with several connections get their answers, and so do those that ask again at once', async (t) => {
  const path = join(folder, 'socket');
  const protocol = { answer: async ({ body }: { body: Buffer }) => jsonAnswer(200, body.toString()) };
  const server = new PluginServer(path, protocol, { onStopped: () => {} });
  await server.listen();
  t.after(() => server.close());
  const sockets = Array.from({ length: 8 }, () => connect(path));
  const answers = sockets.map((socket) => text(socket));
  for (const [index, socket] of sockets.entries()) {
    await once(socket, 'connect');
    for (const round of [0, 1, 2]) {
      const body = `${index}.${round}`;
      const ends = round === 2 ? 'Connection: close\r\n' : '';
      socket.write(`POST / HTTP/1.1\r\nHost: unix\r\n${ends}Content-Length: ${body.length}\r\n\r\n${body}`);
    }
  }
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    const bodies = [...answer.matchAll(/"(\d\.\d)"/g)].map(([, body]) => body);
    assert.deepEqual(bodies, [`${index}.0`, `${index}.1`, `${index}.2`]);
  }
});
