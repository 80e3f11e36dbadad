import { isObject, LOG_LEVELS, type LogLine } from '../../models/index.ts';
import type { Check } from '../check.ts';
import { expect, shown } from '../outcome.ts';
import type { ProviderProcess } from '../provider-process.ts';

const MUX = 'plugin/mux/utils.go';
const BASE = '/api-server-plugin/v4/';
const PATHS = ['log', 'publish', 'leaving'];

/** Checks of what the plugin sends to the endpoint. */
export const LOG: readonly Check[] = [
  {
    id: 'log-request',
    what: 'a request is logged at debug when it is done, with status, method and path, and never as an event',
    source: `${MUX}, logWrap`,
    async run(subject) {
      const line = await logged(await subject.plugin(), '/logged', {}, ({ Message }) =>
        Message.includes('/logged'),
      );
      expect(line.Level === 'debug', `its level is ${line.Level}`);
      const whole = ['404', 'POST'].every((part) => line.Message.includes(part));
      expect(whole, `it says ${shown(line.Message)}`);
      expect(line.IgnorePublish === true, 'IgnorePublish is not true');
    },
  },
  {
    id: 'log-line',
    what: 'log lines have the fields of logger.Line',
    source: 'digitalrebar/logger: line.go',
    async run(subject) {
      const plugin = await subject.plugin();
      await logged(plugin, '/lines', {}, ({ Message }) => Message.includes('/lines'));
      for (const line of plugin.endpoint.lines) {
        const { Group, Seq, Time, Service, Principal, Level, File, Line, Message, Data, IgnorePublish } =
          line;
        const texts = { Time, Service, Principal, Level, File, Message };
        for (const [field, value] of Object.entries(texts)) {
          expect(typeof value === 'string', `${field} is ${shown(value)}`);
        }
        for (const [field, value] of Object.entries({ Group, Seq, Line })) {
          expect(Number.isInteger(value), `${field} is ${shown(value)}`);
        }
        expect(!Number.isNaN(Date.parse(Time)), `Time is ${Time}`);
        expect(LOG_LEVELS.includes(Level), `Level is ${Level}`);
        expect(Data === null || Array.isArray(Data), `Data is ${shown(Data)}`);
        expect(typeof IgnorePublish === 'boolean', `IgnorePublish is ${shown(IgnorePublish)}`);
      }
    },
  },
  {
    id: 'log-token',
    what: 'the header X-Log-Token is logged at error',
    source: `${MUX}, logWrap`,
    async run(subject) {
      const headers = { 'x-log-token': 'of-conformance' };
      const line = await logged(await subject.plugin(), '/token', headers, ({ Message }) =>
        Message.includes('of-conformance'),
      );
      expect(line.Level === 'error', `its level is ${line.Level}`);
    },
  },
  {
    id: 'log-level',
    what: 'a level in X-Log-Request that is not known is logged at error',
    source: `${MUX}, logWrap`,
    async run(subject) {
      const headers = { 'x-log-request': 'no-such-level' };
      const line = await logged(await subject.plugin(), '/level', headers, ({ Message }) =>
        Message.includes('no-such-level'),
      );
      expect(line.Level === 'error', `its level is ${line.Level}`);
    },
  },
  {
    id: 'outbound',
    what: 'all that it sends to its endpoint is JSON to a path that there is',
    source: `${MUX}, Post; hartsock/provision: backend/plugin_messaging_server.go`,
    async run(subject) {
      const plugin = await subject.plugin();
      await logged(plugin, '/outbound', {}, ({ Message }) => Message.includes('/outbound'));
      for (const { method, path, body } of plugin.endpoint.posts) {
        const known =
          (method === 'POST' && PATHS.some((each) => path === `${BASE}${each}`)) ||
          (method === 'GET' && path.startsWith(`${BASE}objects/`));
        expect(known, `it sends ${method} ${path}`);
        expect(method === 'GET' || body === null || isObject(body), `${path} gets ${shown(body)}`);
      }
    },
  },
];

/** Sends a request and waits for a matching log line. */
async function logged(
  plugin: ProviderProcess,
  path: string,
  headers: Record<string, string>,
  fits: (line: LogLine) => boolean,
): Promise<LogLine> {
  await plugin.send('POST', path, { body: {}, headers });
  const line = await plugin.endpoint.line(fits);
  expect(line !== undefined, 'no such line comes');
  return line;
}
