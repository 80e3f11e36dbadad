import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import type { Info } from '../../../lib/api/index.ts';

export interface ServiceStatus {
  Enabled: boolean;
  /** Whether the port answers. */
  Alive: boolean;
  Port: number;
}

const PATIENCE_MS = 10_000;

/** The services that an endpoint at `host` says to have, and which of them answer. */
export async function serviceStatus(info: Info, host: string): Promise<Record<string, ServiceStatus>> {
  const has = (name: string) => info[name] === true;
  const port = (name: string) => (typeof info[name] === 'number' ? info[name] : 0);
  const status = async (Enabled: boolean, Port: number, ask: () => Promise<boolean>) => ({
    Enabled,
    Alive: Enabled && (await ask()),
    Port,
  });
  const provisions = has('prov_enabled');
  const dhcp = (name: string) =>
    status(has(`${name}_enabled`), port(`${name}_port`), () => answersDhcp(host, port(`${name}_port`)));
  return {
    API: { Enabled: true, Alive: true, Port: info.api_port },
    BINL: await dhcp('binl'),
    DHCP: await dhcp('dhcp'),
    Static: await status(provisions, info.file_port, () => answersHttp(host, info.file_port)),
    TFTP: await status(provisions && has('tftp_enabled'), port('tftp_port'), () =>
      answersTftp(host, port('tftp_port')),
    ),
  };
}

function answersHttp(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const request = get({ host, port, path: '/', timeout: PATIENCE_MS }, (response) => {
    response.destroy();
    resolve(true);
  });
  request.on('timeout', () => request.destroy(new Error('timeout')));
  request.on('error', () => resolve(false));
  return promise;
}

/** Whether a read request (RFC 1350) is answered with data or a TFTP error. */
function answersTftp(host: string, port: number): Promise<boolean> {
  const request = Buffer.from('\0\x01lpxelinux.0\0octet\0', 'latin1');
  return answers(host, port, request, (answer) => [3, 5, 6].includes(answer.readUInt16BE(0)));
}

/** Whether the request of an invented client for address 0.0.0.0 is refused (RFC 2131: DHCPNAK). */
function answersDhcp(host: string, port: number): Promise<boolean> {
  const packet = Buffer.alloc(300);
  packet.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
  packet.set([0xde, 0xad, 0xbe, 0xef, 0xf0, 0x01], 28);
  const [messageType, request, nak, end] = [53, 3, 6, 255];
  packet.set([0x63, 0x82, 0x53, 0x63, messageType, 1, request, end], 236);
  return answers(host, port, packet, (answer) => answer.includes(Buffer.from([messageType, 1, nak]), 240));
}

function answers(
  host: string,
  port: number,
  packet: Buffer,
  isRight: (answer: Buffer) => boolean,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const timer = setTimeout(() => resolve(false), PATIENCE_MS);
  socket.on('message', (answer) => resolve(answer.length > 1 && isRight(answer)));
  socket.on('error', () => resolve(false));
  socket.send(packet, port, host, (error) => {
    if (error) resolve(false);
  });
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}
