import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogLine } from '../models/index.ts';
import { Broken } from './outcome.ts';

/** How long in ms a provider may take to print its first line, and to end. */
const START_LIMIT_MS = 30_000;
const END_LIMIT_MS = 10_000;
/** How long in ms an answer may take. */
const ANSWER_LIMIT_MS = 30_000;
const LOOK_MS = 5;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: unknown;
}

/** A request of the plugin to the endpoint's socket. */
export interface Post {
  method: string;
  path: string;
  body: unknown;
}

export interface ProviderOptions {
  /** Variables in addition to PATH, HOME and those of an endpoint. */
  env?: Record<string, string>;
  /** Answers requests other than log lines; default 204. */
  answer?: (post: Post) => { status: number; body?: unknown } | undefined;
  args?: readonly string[];
  /** Do not open the endpoint's socket at first. */
  deaf?: boolean;
}

/** A minimal endpoint that records what the plugin sends. */
class EndpointStandIn {
  readonly path: string;
  readonly posts: Post[] = [];
  #server: Server | undefined;
  #answer: NonNullable<ProviderOptions['answer']>;

  constructor(path: string, answer: ProviderOptions['answer']) {
    this.path = path;
    this.#answer = answer ?? (() => undefined);
  }

  get lines(): LogLine[] {
    return this.posts.filter(({ path }) => path.endsWith('/log')).map(({ body }) => body as LogLine);
  }

  /** The first matching log line; undefined after the time limit. */
  async line(fits: (line: LogLine) => boolean): Promise<LogLine | undefined> {
    const end = performance.now() + ANSWER_LIMIT_MS;
    for (let found: LogLine | undefined; ; await pause(LOOK_MS)) {
      found = this.lines.find(fits);
      if (found !== undefined || performance.now() > end) return found;
    }
  }

  async open(): Promise<void> {
    this.#server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const post = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        body: text === '' ? undefined : (parse(text) ?? text),
      };
      this.posts.push(post);
      const { status, body } = this.#answer(post) ?? { status: 204 };
      outgoing.writeHead(status, { 'content-type': 'application/json' });
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
    this.#server.listen(this.path);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
    this.#server = undefined;
    await rm(this.path, { force: true });
  }
}

/** A provider running as `COMMAND listen TO FROM`, with the endpoint's side of its sockets. */
export class ProviderProcess {
  readonly folder: string;
  readonly toPlugin: string;
  readonly endpoint: EndpointStandIn;
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';

  constructor(folder: string, command: readonly string[], options: ProviderOptions) {
    this.folder = folder;
    this.toPlugin = join(folder, 'p.toPlugin.2');
    this.endpoint = new EndpointStandIn(join(folder, 'p.fromPlugin.2'), options.answer);
    const [file = '', ...args] = command;
    this.child = spawn(file, [...args, ...(options.args ?? ['listen', this.toPlugin, this.endpoint.path])], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        // A port where nothing listens.
        RS_ENDPOINT: 'https://127.0.0.1:1',
        RS_TOKEN: 'TOKEN',
        RS_FILESERVER: 'http://127.0.0.1:1',
        RS_WEBROOT: folder,
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.exited = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** Starts a provider and waits until it has printed a line or ended. `await using` ends it. */
  static async start(command: readonly string[], options: ProviderOptions = {}): Promise<ProviderProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'drp-'));
    const provider = new ProviderProcess(folder, command, options);
    if (!options.deaf) await provider.endpoint.open();
    await provider.printed();
    return provider;
  }

  /** Waits until it has printed a line, has ended, or the time limit has passed. */
  printed(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, START_LIMIT_MS);
    const look = () => {
      if (this.stdout.includes('\n')) resolve();
    };
    this.child.stdout?.on('data', look);
    this.exited.then(() => resolve(), resolve);
    return promise.finally(() => {
      clearTimeout(limit);
      this.child.stdout?.off('data', look);
    });
  }

  /** Sends a request on a new connection. */
  async send(
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Answer> {
    const { body, headers = {}, signal } = options;
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) };
    const outgoing = request({
      socketPath: this.toPlugin,
      agent: false,
      method,
      path,
      signal,
      headers: { 'content-type': 'application/json', ...length, ...headers },
    });
    outgoing.end(text);
    const [incoming] = await once(outgoing, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks).toString();
    return { status: incoming.statusCode, headers: incoming.headers, text: answer, json: parse(answer) };
  }

  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send('POST', `/api-plugin/v4/${path}`, { body, headers });
  }

  action(
    command: string,
    action: Record<string, unknown> = {},
    headers?: Record<string, string>,
  ): Promise<Answer> {
    return this.post('action', { Command: command, ...action }, headers);
  }

  /** A raw connection, for bytes that no HTTP client would send. */
  async connection(): Promise<RawConnection> {
    const socket = connect(this.toPlugin);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // SIGTERM first, because a killed process writes no coverage data.
    this.child.kill('SIGTERM');
    const patience = setTimeout(() => this.child.kill('SIGKILL'), END_LIMIT_MS);
    await this.exited.catch(() => {});
    clearTimeout(patience);
    await this.endpoint.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class RawConnection {
  readonly socket: Socket;
  received = '';
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.received += chunk;
    });
    socket.on('close', () => {
      this.ended = true;
    });
    socket.on('error', () => {});
  }

  /** Sends text with CR LF for newlines. */
  write(text: string): void {
    this.socket.write(text.replaceAll('\n', '\r\n'));
  }

  /** Waits until `condition` is true for the received data. Throws Broken after the time limit. */
  async until(condition: (connection: this) => boolean, what: string): Promise<void> {
    const end = performance.now() + ANSWER_LIMIT_MS;
    while (!condition(this)) {
      if (performance.now() > end) throw new Broken(`there is no sign of ${what}`);
      await pause(LOOK_MS);
    }
  }

  /** The answers so far, without interim ones. */
  get answers(): { status: number; headers: string; body: string }[] {
    const answers = [];
    let rest = this.received;
    while (rest !== '') {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) break;
      const headers = rest.slice(0, end);
      const status = Number(/^HTTP\/1\.[01] (\d+)/.exec(headers)?.[1]);
      const length = Number(/content-length: *(\d+)/i.exec(headers)?.[1] ?? 0);
      const body = rest.slice(end + 4, end + 4 + length);
      rest = rest.slice(end + 4 + length);
      if (status !== 100) answers.push({ status, headers, body });
    }
    return answers;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
