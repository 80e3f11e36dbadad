import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { finished } from 'node:stream/promises';
import { timestamp } from '../../models/index.ts';
import { expectError } from '../answer.ts';
import type { Check } from '../check.ts';
import { expect, shown } from '../outcome.ts';
import type { ProviderProcess } from '../provider-process.ts';

const MUX = 'plugin/mux/utils.go';
const HANDLERS = 'plugin/plugin.go';
const UNKNOWN = { Command: 'no-such-action', Params: {} };
const TOGETHER = 50;
const LARGE_BYTES = 1024 * 1024;

/** Checks of the requests that the plugin serves. */
export const REQUESTS: readonly Check[] = [
  {
    id: 'not-found',
    what: 'a path that is not known is answered 404, with method and path as Type and Key',
    source: `${MUX}, nf`,
    async run(subject) {
      const plugin = await subject.plugin();
      for (const path of ['/api-plugin/v4/nothing', '/api-plugin/v3/config', '/nothing']) {
        await expectNotFound(plugin, 'POST', path);
      }
    },
  },
  {
    id: 'method',
    what: 'a path that is known is answered 404 for other methods than POST',
    source: `${MUX}, Mux.Handle`,
    async run(subject) {
      const plugin = await subject.plugin();
      for (const path of ['config', 'action', 'stop']) {
        for (const method of ['GET', 'PUT', 'DELETE'])
          await expectNotFound(plugin, method, `/api-plugin/v4/${path}`);
      }
    },
  },
  {
    id: 'content-type',
    what: 'another content type than JSON is answered 400 and named, and so is none',
    source: `${MUX}, AssureContentType`,
    async run(subject) {
      const plugin = await subject.plugin();
      for (const type of ['text/plain', '']) {
        const answer = await plugin.post('config', {}, { 'content-type': type });
        const { Type, Messages } = expectError(answer, 400, `content type "${type}"`);
        expect(Type === 'POST', `Type is ${shown(Type)}, not the method`);
        expect(Messages?.[0] === `Invalid content type: ${type}`, `Messages is ${shown(Messages)}`);
      }
    },
  },
  {
    id: 'content-type-case',
    what: 'application/json is taken in any case, and with a charset',
    source: `${MUX}, TestContentType`,
    async run(subject) {
      const plugin = await subject.plugin();
      const plain = await plugin.post('action', UNKNOWN);
      for (const type of ['APPLICATION/JSON', 'application/json; charset=utf-8']) {
        const answer = await plugin.post('action', UNKNOWN, { 'content-type': type });
        expect(answer.status === plain.status, `${type} is answered ${answer.status}: ${shown(answer.text)}`);
      }
    },
  },
  {
    id: 'broken-json',
    what: 'a body that is not JSON is answered 400 with a message, for config and action',
    source: `${MUX}, AssureDecode`,
    async run(subject) {
      const plugin = await subject.plugin();
      for (const path of ['config', 'action']) {
        const { Type, Messages } = expectError(
          await plugin.post(path, '{"Name": '),
          400,
          `broken JSON to ${path}`,
        );
        expect(Type === 'POST', `Type is ${shown(Type)}, not the method`);
        expect((Messages ?? []).length > 0, 'there is no message');
      }
    },
  },
  {
    id: 'empty-body',
    what: 'no body at all is taken for an empty object',
    source: `${MUX}, AssureDecode`,
    async run(subject) {
      const plugin = await subject.plugin();
      const [none, empty] = [await plugin.post('action', ''), await plugin.post('action', '{}')];
      expect(none.status === empty.status, `no body is answered ${none.status}, {} ${empty.status}`);
    },
  },
  {
    id: 'unknown-action',
    what: 'an action that is not known is answered with an error, whose Code is the status',
    source: `${HANDLERS}, actionHandler`,
    async run(subject) {
      const plugin = await subject.plugin();
      const answer = await plugin.post('action', UNKNOWN);
      expect(answer.status >= 400, `it is answered ${answer.status}: ${shown(answer.text)}`);
      expectError(answer, undefined, 'an action that is not known');
    },
  },
  {
    id: 'config',
    what: 'config is answered with a models.Error, whose Code is the status: 200, or an error of the plugin',
    source: `${HANDLERS}, configHandler`,
    async run(subject) {
      // A separate process, since the plugin may connect to its endpoint or end.
      await using plugin = await subject.start();
      expectError(await plugin.post('config', { Name: 'conformance' }), undefined, 'config');
    },
  },
  {
    id: 'publish',
    what: 'publish takes an event when the definition has HasPublish, and is not found otherwise',
    source: `${HANDLERS}, run`,
    async run(subject) {
      const { HasPublish } = await subject.definition();
      const plugin = await subject.plugin();
      const event = {
        Time: timestamp(),
        Type: 'conformance',
        Action: 'test',
        Key: 'test',
        Principal: '',
        Object: {},
      };
      const answer = await plugin.post('publish', event);
      if (HasPublish === true) expectError(answer, undefined, 'an event');
      else expectError(answer, 404, 'an event');
    },
  },
  {
    id: 'plugin-apis',
    what: 'a request below /plugin-apis is answered',
    source: 'an endpoint passes such requests on (hartsock/provision: frontend)',
    async run(subject) {
      const { Name } = await subject.definition();
      const answer = await (await subject.plugin()).send('GET', `/plugin-apis/${Name}/`);
      expect(answer.status < 500, `it is answered ${answer.status}: ${shown(answer.text)}`);
    },
  },
  {
    id: 'keep-alive',
    what: 'a connection takes one request after the other',
    source: 'net/http, which the public endpoint calls with',
    async run(subject) {
      const { toPlugin: socketPath } = await subject.plugin();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        for (const count of [1, 2, 3]) {
          const sent = request({ socketPath, agent, path: '/nothing' });
          sent.end();
          await status(sent);
          expect(count === 1 || sent.reusedSocket, `request ${count} needs a connection of its own`);
        }
      } finally {
        agent.destroy();
      }
    },
  },
  {
    id: 'parallel',
    what: `${TOGETHER} requests at once are all answered`,
    source: 'net/http, with which the wrapper serves',
    async run(subject) {
      const plugin = await subject.plugin();
      const paths = Array.from({ length: TOGETHER }, (_, index) => `/nothing/${index}`);
      await Promise.all(paths.map((path) => expectNotFound(plugin, 'POST', path)));
    },
  },
  {
    id: 'half-request',
    what: 'a request that is sent by half holds no other up, and is answered when it is whole',
    source: 'net/http, with which the wrapper serves',
    async run(subject) {
      const plugin = await subject.plugin();
      const whole = await plugin.post('action', UNKNOWN);
      const body = JSON.stringify(UNKNOWN);
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const target = {
        socketPath: plugin.toPlugin,
        agent: false,
        method: 'POST',
        path: '/api-plugin/v4/action',
      };
      const sent = request({ ...target, headers });
      sent.write(body.slice(0, 10));
      const answered = status(sent);
      // It may reject before it is awaited.
      answered.catch(() => {});
      await expectNotFound(plugin, 'POST', '/nothing');
      sent.end(body.slice(10));
      const code = await answered;
      expect(code === whole.status, `it is answered ${code}, not ${whole.status}`);
    },
  },
  {
    id: 'no-http',
    what: 'bytes that are no request end their connection, and nothing else',
    source: 'net/http, with which the wrapper serves',
    async run(subject) {
      const plugin = await subject.plugin();
      for (const bytes of ['\u0000\u0001\u0002\n\n', 'GET\n\n', 'POST / HTTP/9.9\nHost: x\n\n']) {
        using connection = await plugin.connection();
        connection.write(bytes);
        connection.socket.end();
        await connection.until(({ ended }) => ended, `the end of the connection after ${shown(bytes)}`);
      }
      await expectNotFound(plugin, 'POST', '/nothing');
    },
  },
  {
    id: 'large-body',
    what: 'a body of 1 MB is taken',
    source: 'machines with many params make large actions',
    async run(subject) {
      const plugin = await subject.plugin();
      const [small, large] = [
        await plugin.post('action', UNKNOWN),
        await plugin.post('action', { ...UNKNOWN, Params: { large: 'x'.repeat(LARGE_BYTES) } }),
      ];
      expect(small.status === large.status, `it is answered ${large.status}: ${shown(large.text)}`);
    },
  },
];

async function expectNotFound(plugin: ProviderProcess, method: string, path: string): Promise<void> {
  const answer = await plugin.send(method, path, { body: {} });
  const { Type, Key } = expectError(answer, 404, `${method} ${path}`);
  expect(Type === method && Key === path, `${method} ${path} is answered with Type ${Type} and Key ${Key}`);
}

/** The status of the answer after reading it to the end. */
async function status(sent: ClientRequest): Promise<number | undefined> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  await finished(answer);
  return answer.statusCode;
}
