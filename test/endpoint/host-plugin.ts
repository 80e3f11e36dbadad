/**
 * A plugin that does what a test tells it, over the real sockets: `host-plugin.ts MODE listen TO FROM`. MODE says how it
 * starts, the params of its config how it is configured and stopped, the command of an action what happens then.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';

const [mode = '', , to = '', from = ''] = process.argv.slice(2);
let params: Record<string, unknown> = {};
const events: unknown[] = [];

function ask(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const outgoing = request(
    { socketPath: from, method, path, headers: { 'content-type': 'application/json', host: 'unix' } },
    (incoming) => read(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, text }), reject),
  );
  outgoing.on('error', reject);
  outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  return promise;
}

async function read(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  return text;
}

type Answer = { status: number; text: string };
const json = (value: unknown, status = 200): Answer => ({ status, text: JSON.stringify(value) });
const OK = json({ Model: '', Key: '', Type: '', Messages: null, Code: 200 });
const never = () => new Promise<never>(() => {});

async function configure(body: Record<string, unknown>): Promise<Answer> {
  params = body;
  if (typeof params.delay === 'number')
    await new Promise((resolve) => setTimeout(resolve, Number(params.delay)));
  if (params.config === 'hang') return never();
  if (params.config === 'die') {
    console.error('config went wrong');
    process.exit(4);
  }
  if (params.config === 'leave') await ask('POST', '/api-server-plugin/v4/leaving', params.reason);
  const fail = params.fail as { Code: number } | undefined;
  return fail === undefined ? OK : json(fail, fail.Code);
}

async function act(
  action: { Command: string; Params: Record<string, unknown> },
  headers: unknown,
): Promise<Answer> {
  const given = action.Params;
  switch (action.Command) {
    case 'echo':
      return json({ action, headers, params });
    case 'error':
      return json({ Model: 'machines', Key: 'm1', Type: 'rpc', Messages: ['BMC is away'], Code: 404 }, 404);
    case 'answer':
      return { status: Number(given.status), text: String(given.text) };
    case 'hang':
      return never();
    case 'block':
      while (!existsSync(String(given.until)));
      return json('done');
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, Number(given.ms)));
      return json('done');
    case 'die':
      console.error('out of cheese');
      process.exit(3);
      break;
    case 'ask':
      return json(await ask(String(given.method), String(given.path), given.body));
    case 'farewell':
      await ask('POST', '/api-server-plugin/v4/log', { Level: 'info', Message: 'first' });
      // Written at once, as the connection is there; the answer is not waited for.
      ask('POST', '/api-server-plugin/v4/log', { Level: 'info', Message: 'last' }).catch(() => {});
      setImmediate(() => setImmediate(() => process.exit(9)));
      return never();
    case 'print':
      console.log('to stdout\r');
      console.error('to stderr');
      return json(null);
    case 'child':
      return json(spawn('sleep', ['1000'], { stdio: 'inherit' }).pid);
    case 'events':
      return json(events);
    case 'process':
      return json({
        pid: process.pid,
        cwd: process.cwd(),
        argv: process.argv.slice(4),
        stdin: readFileSync(0, 'utf8'),
        env: process.env,
      });
  }
  return json({ Code: 404, Type: 'POST', Messages: [`no ${action.Command}`] }, 404);
}

function stop(): Promise<Answer> {
  if (params.stop === 'hang') return never();
  // As the Go wrapper: gone before the answer is sent.
  if (params.stop === 'rude') process.exit(0);
  // The signal that it was stopped, and not killed.
  if (typeof params.mark === 'string') appendFileSync(params.mark, `${String(params.Name)} stopped\n`);
  setImmediate(() => server.close(() => process.exit(0)));
  return Promise.resolve(OK);
}

const server = createServer(async (incoming, outgoing) => {
  const path = incoming.url ?? '';
  if (path.startsWith('/plugin-apis/')) {
    if (path.endsWith('/die')) process.exit(5);
    if (path.endsWith('/hang')) return;
    const text = await read(incoming);
    outgoing.writeHead(201, { 'x-seen': String(incoming.headers['x-given']), connection: 'close' });
    if (path.endsWith('/cut')) {
      outgoing.write('half', () => outgoing.destroy());
      return;
    }
    outgoing.end(`${incoming.method} ${path} ${text} ${incoming.headers['x-forwarded-for']}`);
    return;
  }
  const body = JSON.parse((await read(incoming)) || 'null');
  let answer = json({ Code: 404, Type: incoming.method, Key: path, Messages: null }, 404);
  if (path === '/api-plugin/v4/config') answer = await configure(body);
  if (path === '/api-plugin/v4/action') answer = await act(body, incoming.headers);
  if (path === '/api-plugin/v4/stop') answer = await stop();
  if (path === '/api-plugin/v4/publish') {
    if (body.Action === 'refuse')
      answer = json({ Code: 500, Type: 'plugin', Messages: ['no such event'] }, 500);
    else {
      events.push(body);
      answer = OK;
    }
  }
  outgoing.writeHead(answer.status, { 'content-type': 'application/json' });
  outgoing.end(answer.text);
});

console.log('warming up');
switch (mode) {
  case 'failed':
    console.log('Failed');
    console.error('no licence');
    setInterval(() => {}, 1000);
    break;
  case 'exit':
    console.error('no memory');
    process.exitCode = 7;
    break;
  case 'silent':
    console.error('still thinking');
    setInterval(() => {}, 1000);
    break;
  case 'stubborn':
    console.error('cannot hear you');
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1000);
    break;
  case 'deaf':
    console.log('READY!');
    setInterval(() => {}, 1000);
    break;
  case 'leave':
    await ask('POST', '/api-server-plugin/v4/leaving', {
      Code: 403,
      Type: 'plugin',
      Messages: ['not for me'],
    });
    setInterval(() => {}, 1000);
    break;
  default:
    rmSync(to, { force: true });
    server.listen(to, () => console.log('READY!'));
}
