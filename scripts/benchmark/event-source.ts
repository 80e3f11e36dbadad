/** A process that serves an endpoint's websocket, and sends events on command of its parent. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { type WebSocket, WebSocketServer } from 'ws';
import { timestamp } from '../../lib/models/index.ts';

export type SourceCommand =
  | { do: 'listen' }
  /** Sends a number of events at once, or per second. */
  | { do: 'send'; count: number; perSecond: number };

const TICK_MS = 1;

/** The object of the events, as large as a machine with some params. */
const MACHINE = {
  Name: 'machine.example.com',
  Uuid: '00000000-0000-4000-8000-000000000000',
  Address: '192.0.2.1',
  Params: Object.fromEntries(
    Array.from({ length: 16 }, (_, index) => [`bench/param-${index}`, `value ${index}`]),
  ),
};

let client: WebSocket | undefined;

process.on('message', async (command: SourceCommand) => {
  if (command.do === 'listen') {
    process.send?.(await listen());
    return;
  }
  await send(command.count, command.perSecond);
  process.send?.({});
});
process.on('disconnect', () => process.exit());

/** Starts the server, which acknowledges every registration. */
async function listen(): Promise<{ port: number }> {
  const certificate = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
  });
  const server = createServer({ key: certificate.private, cert: certificate.cert });
  const sockets = new WebSocketServer({ server, path: '/api/v3/ws' });
  sockets.on('connection', (socket) => {
    client = socket;
    socket.on('message', (frame) => {
      const [Action = '', Key = ''] = String(frame).split(' ');
      socket.send(eventText({ Type: 'websocket', Action, Key, Object: null }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
}

async function send(count: number, perSecond: number): Promise<void> {
  const begun = performance.now();
  for (let sent = 0; sent < count; ) {
    const due = perSecond === 0 ? count : Math.floor(((performance.now() - begun) / 1000) * perSecond);
    for (; sent < Math.min(due, count); sent += 1) {
      const event = { ...MACHINE, sent: String(process.hrtime.bigint()) };
      client?.send(eventText({ Type: 'bench', Action: 'update', Key: MACHINE.Uuid, Object: event }));
    }
    if (sent < count) await pause(TICK_MS);
  }
}

function eventText(fields: { Type: string; Action: string; Key: string; Object: unknown }): string {
  return JSON.stringify({ Time: timestamp(), ...fields, Principal: 'bench', Original: null });
}
