import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Scene, VICTIM } from './scene.ts';

/** A temporary fault. `strike` resolves when it is over. */
export interface Fault {
  name: string;
  /** The plugin that it affects; undefined for all. */
  plugin?: string;
  strike(scene: Scene): Promise<void>;
}

const BMC_FAULT_MS = 2_000;
const HANG_MS = 1_000;
const SILENT_MS = 500;
const CONNECTIONS = 100;
const BURST = 300;

const ACTION = 'POST /api-plugin/v4/action HTTP/1.1\r\nHost: unix\r\nContent-Type: application/json\r\n';
/** Invalid requests. */
const NONSENSE = [
  'nonsense\r\n\r\n',
  '\u0000\u0001\u0002',
  'GET / HTTP/9.9\r\n\r\n',
  `${ACTION}Content-Length: 9\r\n\r\n{"Command`,
  `${ACTION}Content-Length: 1000000\r\n\r\n{"Command": "incr`,
  `${ACTION}Content-Length: 5\r\n\r\n[1,2]`,
  `${ACTION}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
  `POST /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
  `${ACTION}Content-Length: 4\r\n\r\nnull`.repeat(50),
];

/** The faults, in the order in which they are repeated. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'a plugin is killed',
    strike: async ({ endpoint }) => {
      const victim = endpoint.plugins().find(({ name }) => name === VICTIM);
      if (victim !== undefined) process.kill(victim.pid, 'SIGKILL');
    },
  },
  {
    name: 'a BMC hangs',
    plugin: 'ipmi',
    strike: async ({ machines: { troubled } }) => {
      troubled.bmc.freeze();
      await pause(BMC_FAULT_MS);
      troubled.bmc.thaw();
    },
  },
  {
    name: 'nonsense on the sockets of plugins',
    strike: async ({ endpoint }) => {
      await Promise.all(endpoint.plugins().map(({ socket }) => sendNonsense(socket)));
    },
  },
  {
    name: 'the endpoint hangs',
    strike: async ({ endpoint }) => {
      endpoint.hang();
      await pause(HANG_MS);
      endpoint.goOn();
    },
  },
  {
    name: 'Slack fails',
    plugin: 'slack',
    strike: async ({ slack }) => {
      slack.fail('chat.postMessage', { status: 500 }, 2);
      slack.fail('chat.postMessage', { retryAfter: 1 });
      slack.fail('chat.postMessage', { cut: true });
    },
  },
  {
    name: 'a BMC fails',
    plugin: 'ipmi',
    strike: async ({ machines: { troubled } }) => {
      await troubled.bmc.setFailing(true);
      await pause(BMC_FAULT_MS);
      await troubled.bmc.setFailing(false);
    },
  },
  {
    name: 'a burst of events',
    strike: async ({ api }) => {
      const event = { Type: 'soak', Action: 'burst', Key: 'soak', Object: { text: 'x'.repeat(1_000) } };
      const burst = Array.from({ length: BURST }, () =>
        api.call('POST', 'events', { Time: new Date().toISOString(), ...event }),
      );
      await Promise.all(burst);
    },
  },
  {
    name: 'the cloud fails',
    plugin: 'cloud',
    strike: async ({ cloud }) => {
      cloud.fail({ how: 'status', status: 503, times: 3 });
      cloud.fail({ how: 'cut', times: 2 });
    },
  },
];

/** Opens many connections to a socket, sends invalid or partial requests, and closes them. */
async function sendNonsense(path: string): Promise<void> {
  const sockets = Array.from({ length: CONNECTIONS }, (_, index) => {
    const socket = connect(path);
    socket.on('error', () => {});
    socket.resume();
    // Some connections send nothing.
    const text = NONSENSE[index % (NONSENSE.length + 1)];
    if (text !== undefined) socket.write(text);
    return socket;
  });
  await pause(SILENT_MS);
  for (const socket of sockets) socket.destroy();
}
