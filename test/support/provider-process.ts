import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine } from '../../lib/models/index.ts';
import { COMPILE_CACHE } from './compile-cache.ts';
import { COUNTED } from './coverage.ts';
import { until } from './until.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: unknown;
}

/** What the plugin sent to the endpoint's socket. */
export interface Post {
  method: string;
  path: string;
  body: unknown;
}

export interface ProviderOptions {
  env?: Record<string, string>;
  /** Answers what is not a log line; 204 unless given. */
  answer?: (post: Post) => { status: number; body?: unknown } | undefined;
  args?: readonly string[];
  /** Do not open the endpoint's socket at first. */
  deaf?: boolean;
}

/** The part of an endpoint that a plugin sees, with everything that it was told kept for looking at. */
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

  async open(): Promise<void> {
    this.#server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const post = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
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

/** A provider that runs as `COMMAND listen TO FROM`, and the endpoint's side of its two sockets. */
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
        ...(file === process.execPath ? COUNTED : {}),
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        HOME: folder,
        RS_ENDPOINT: 'https://127.0.0.1:1',
        RS_TOKEN: 'TOKEN',
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

  /** Starts a provider and waits until it serves. `await using` ends it. */
  static async start(command: readonly string[], options: ProviderOptions = {}): Promise<ProviderProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'drp-'));
    const provider = new ProviderProcess(folder, command, options);
    if (!options.deaf) await provider.endpoint.open();
    await until(
      () => provider.stdout.includes('\n') || provider.child.exitCode !== null,
      'the provider to start',
    );
    return provider;
  }

  /** Sends one request on a connection of its own. */
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

  /** A bare connection, for bytes that no client would send. */
  async connection(): Promise<RawConnection> {
    const socket = connect(this.toPlugin);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An orderly end, because a process that is killed writes no coverage.
    this.child.kill('SIGTERM');
    const patience = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await this.exited;
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

  /** Sends bytes, newlines as CR LF. */
  write(text: string): void {
    this.socket.write(text.replaceAll('\n', '\r\n'));
  }

  /** The answers so far: interim ones left out. */
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
