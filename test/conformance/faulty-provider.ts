import { existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/**
 * A provider with no kit, as small as can be, that does wrong what FAULT names; nothing unless it is set. The names are those
 * of checks, with what is wrong after a dot where a check has several ways to be broken.
 */
const FAULT = process.env.FAULT ?? '';
const DEBUG = ['-d', '--debug'];

const definition: Record<string, unknown> = {
  Meta: {},
  Name: 'faulty',
  Version: 'v1.2.3',
  PluginVersion: 4,
  HasPublish: false,
  AvailableActions: [{ Command: 'act', Model: 'machines', RequiredParams: ['faulty/param'] }],
  Content: 'meta:\n  Name: faulty\nsections: {}\n',
};

const DEFINED: Readonly<Record<string, Record<string, unknown>>> = {
  'define-plugin-version': { PluginVersion: 2 },
  'define-version': { Version: 'v1.0.0-dev.1' },
  'define-fields.name': { Name: '' },
  'define-fields.params': { RequiredParams: 'faulty/param' },
  'define-fields.flag': { HasPublish: 'yes' },
  'define-actions.list': { AvailableActions: {} },
  'define-actions.command': { AvailableActions: [{ Model: 'machines' }] },
  'define-actions.provider': { AvailableActions: [{ Command: 'act', Provider: 'other' }] },
  'define-actions.params': { AvailableActions: [{ Command: 'act', OptionalParams: [1] }] },
  'define-content.yaml': { Content: 'meta: [' },
  'define-content.meta': { Content: 'sections: {}' },
};

function printDefinition(debug: boolean): number {
  if (FAULT === 'define.stderr') console.error('(node:1) Warning');
  if (FAULT === 'define.text') console.log('Hello');
  const changes = FAULT === 'define-debug' && debug ? { Name: 'other' } : DEFINED[FAULT];
  console.log(JSON.stringify({ ...definition, ...changes }));
  return FAULT === 'define.code' ? 3 : 0;
}

function unpack(folder: string): number {
  // As programs do that take it for done already.
  mkdirSync(folder, { recursive: FAULT !== 'unpack' });
  return 0;
}

function help(): number {
  console.log(FAULT === 'help' ? 'Usage: faulty COMMAND' : 'define, unpack FOLDER, listen TO FROM');
  return 0;
}

function refuse(command: string): number {
  if (FAULT === 'unknown-command.code') return 0;
  console.error(FAULT === 'unknown-command.words' ? 'Error' : `Error: unknown command ${command}`);
  return 1;
}

function complete(file: string): number {
  if (FAULT !== 'autocomplete') writeFileSync(file, 'complete -W "define listen" faulty\n');
  return 0;
}

function listen([to = '', from = '', ...rest]: readonly string[]): number | undefined {
  if (to === '' || from === '' || rest.length > 0) {
    if (FAULT !== 'listen-arguments.words') console.log('Failed');
    return FAULT === 'listen-arguments.code' ? 0 : 1;
  }
  if (FAULT === 'listen') {
    console.log('Ready');
    return undefined;
  }
  if (FAULT !== `listen-left-over-${existsSync(to) && lstatSync(to).isSocket() ? 'socket' : 'file'}`)
    rmSync(to, { force: true });
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing, from));
  if (FAULT === 'no-http') server.on('clientError', () => process.exit(1));
  server.on('error', () => {
    if (FAULT === 'listen-impossible.ready') console.log('READY!');
    process.exit(FAULT === 'listen-impossible.code' ? 0 : 1);
  });
  server.listen(to, () => console.log('READY!'));
  return undefined;
}

const found = FAULT === 'not-found' ? 200 : 404;

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, from: string): Promise<void> {
  const { method = '', url = '', headers } = incoming;
  const answer = (code: number, error: Record<string, unknown> = {}) => {
    const status = FAULT === 'unknown-action.code' ? 500 : code;
    const body = JSON.stringify({ Model: '', Key: '', Type: '', Messages: null, Code: code, ...error });
    if (FAULT === 'keep-alive') outgoing.setHeader('connection', 'close');
    outgoing.writeHead(status, { 'content-type': 'application/json' });
    outgoing.end(FAULT === 'unknown-action.shape' ? '{"error": "no"}' : body);
    return code;
  };
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    chunks.push(chunk);
    if (FAULT === 'half-request' && !incoming.complete && chunk.length < 20) incoming.socket.destroy();
  }
  const code = await answered(
    method,
    url,
    headers['content-type'] ?? '',
    Buffer.concat(chunks).toString(),
    answer,
  );
  log(from, code, method, url, headers);
}

type Answer = (code: number, error?: Record<string, unknown>) => number;

async function answered(
  method: string,
  url: string,
  type: string,
  body: string,
  answer: Answer,
): Promise<number> {
  const command = /^\/api-plugin\/v4\/(config|action|stop)$/.exec(url)?.[1];
  if (FAULT === 'parallel' && url.endsWith('/7')) return answer(503);
  if (FAULT === 'plugin-apis' && url.startsWith('/plugin-apis/')) return answer(500);
  if (FAULT === 'publish' && url.endsWith('/publish')) return answer(200);
  if (command === undefined || (method !== 'POST' && FAULT !== 'method')) {
    return answer(found, FAULT === 'not-found.key' ? {} : { Type: method, Key: url });
  }
  if (command === 'stop') return stop(body, type, answer);
  const right = FAULT === 'content-type-case' ? type === 'application/json' : /application\/json/i.test(type);
  if (!right && FAULT !== 'content-type') {
    return answer(400, { Type: method, Messages: [`Invalid content type: ${type}`] });
  }
  if (body === '' && FAULT === 'empty-body') return answer(400, { Type: method, Messages: ['no body'] });
  if (body.length > 500_000 && FAULT === 'large-body') return answer(413);
  try {
    if (body !== '') JSON.parse(body);
  } catch {
    if (FAULT !== 'broken-json') return answer(400, { Type: method, Messages: ['not JSON'] });
  }
  if (command === 'config') return answer(200, FAULT === 'config' ? { Code: 'OK' } : {});
  return answer(FAULT === 'unknown-action.status' ? 200 : 404, { Messages: ['Unknown command'] });
}

function stop(body: string, type: string, answer: Answer): number {
  if (FAULT === 'stop-any-body' && (body !== 'null' || type !== 'application/json')) process.exit(2);
  if (FAULT === 'stop-answer') process.exit(0);
  const code = answer(200);
  setTimeout(() => process.exit(FAULT === 'stop' ? 1 : 0), 50);
  return code;
}

let sequence = 0;

function log(
  from: string,
  code: number,
  method: string,
  url: string,
  headers: IncomingMessage['headers'],
): void {
  const send = (Level: string, Message: string) => {
    sequence += 1;
    const place = { Group: 1, Seq: sequence, File: 'main.ts', Line: 1 };
    const line = {
      Time: new Date().toISOString(),
      Service: 'faulty',
      Principal: '',
      Level,
      Message,
      Data: [],
    };
    const sent = FAULT === 'log-line' ? { ...line, ...place, Line: '1' } : { ...line, ...place };
    const path = FAULT === 'outbound' ? '/api-plugin-server/v4/log' : '/api-server-plugin/v4/log';
    const options = {
      socketPath: from,
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
    };
    const outgoing = request(options, (answer) => answer.resume());
    outgoing.on('error', () => {});
    outgoing.end(JSON.stringify({ ...sent, IgnorePublish: FAULT !== 'log-request.event' }));
  };
  const { 'x-log-token': token, 'x-log-request': level } = headers;
  if (token !== undefined) send(FAULT === 'log-token' ? 'info' : 'error', `Log token: ${token}`);
  if (level !== undefined)
    send(FAULT === 'log-level' ? 'info' : 'error', `Invalid requested log level ${level}`);
  send(FAULT === 'log-request.level' ? 'info' : 'debug', `API: st: ${code} lt: 1ms m: ${method} ${url}`);
}

const args = process.argv.slice(2).filter((word) => !DEBUG.includes(word));
const debug = process.argv.length > args.length + 2;
const [command = 'help', ...given] = args;
const COMMANDS: Readonly<Record<string, () => number | undefined>> = {
  define: () => printDefinition(debug),
  unpack: () => unpack(given[0] ?? ''),
  version: () => {
    console.log(FAULT === 'version' ? 'v1.2.3' : `Version: ${definition.Version}`);
    return 0;
  },
  help,
  '--help': help,
  autocomplete: () => complete(given[0] ?? ''),
  listen: () => listen(given),
  ...(FAULT === 'serve' ? { serve: () => 1 } : { serve: () => listen(given) }),
};
const code = (COMMANDS[command] ?? (() => refuse(command)))();
if (code !== undefined) process.exitCode = code;
