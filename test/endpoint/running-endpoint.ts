import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join, resolve } from 'node:path';
import { seal } from '../../lib/api/index.ts';
import { type EndpointOptions, type RunningEndpoint, startEndpoint } from '../../lib/endpoint/index.ts';
import type { LogLine, RawModel } from '../../lib/models/index.ts';
import { endpointRoot } from '../support/endpoint-root.ts';
import { execSource } from '../support/quick-start.ts';

export interface Reply {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
  /** The body as JSON. */
  json: unknown;
}

export interface CallOptions {
  /** Sent as JSON, or as it is when it is text or bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Instead of the default user's token; null for no credentials. */
  authorization?: string | null;
  /** Instead of `/api/v3/`. */
  base?: string;
}

/** An endpoint in a folder of its own, and a client over TLS that trusts nothing but its certificate. */
export class Running implements AsyncDisposable {
  readonly endpoint: RunningEndpoint;
  readonly root: string;
  readonly log: LogLine[];

  private constructor(endpoint: RunningEndpoint, root: string, log: LogLine[]) {
    this.endpoint = endpoint;
    this.root = root;
    this.log = log;
  }

  /** `providers` are put into the plugins folder before the start: name to the TypeScript file that is run. */
  static async open(
    options: Partial<EndpointOptions> & { providers?: Record<string, string> } = {},
  ): Promise<Running> {
    const { providers = {}, limits = {}, ...rest } = options;
    const root = options.root ?? (await endpointRoot());
    for (const [name, source] of Object.entries(providers)) await installProvider(root, name, source);
    const log: LogLine[] = [];
    const endpoint = await startEndpoint({
      port: 0,
      staticPort: 0,
      onLog: (line) => log.push(line),
      // A slow machine's plugins are slow, and not busy.
      limits: { ping: 60_000, ...limits },
      ...rest,
      root,
    });
    await endpoint.ready;
    return new Running(endpoint, root, log);
  }

  call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const {
      body,
      headers = {},
      base = '/api/v3/',
      authorization = `Bearer ${this.endpoint.token}`,
    } = options;
    const bytes =
      body === undefined
        ? undefined
        : typeof body === 'string' || body instanceof Uint8Array
          ? Buffer.from(body)
          : Buffer.from(JSON.stringify(body));
    const sent: Record<string, string | number> = { 'Content-Type': 'application/json', ...headers };
    if (authorization !== null) sent.Authorization = authorization;
    if (bytes !== undefined) sent['Content-Length'] = bytes.length;
    const { promise, resolve: done, reject } = Promise.withResolvers<Reply>();
    const outgoing = request(
      `${this.endpoint.url}${base}${path}`,
      { method, headers: sent, ca: this.endpoint.certificate },
      async (response) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = response.headers['content-type']?.startsWith('application/json') && text !== '';
          const { statusCode = 0, headers: received } = response;
          done({ status: statusCode, headers: received, text, json: isJson ? JSON.parse(text) : undefined });
        } catch (error) {
          reject(error);
        }
      },
    );
    outgoing.on('error', reject);
    outgoing.end(bytes);
    return promise;
  }

  /** The answer's JSON object, when the status is the one expected. */
  async ok(
    method: string,
    path: string,
    body?: unknown,
    status = method === 'POST' ? 201 : 200,
  ): Promise<RawModel> {
    const reply = await this.call(method, path, { body });
    assert.equal(reply.status, status, `${method} ${path}: ${reply.text}`);
    return reply.json as RawModel;
  }

  /** Sets a secret param of the object at `path`, sealed as `drpcli` seals it. */
  async secret(path: string, name: string, value: unknown): Promise<void> {
    const key = String(await this.ok('GET', `${path}/pubkey`));
    const sealed = await seal(new Uint8Array(Buffer.from(key, 'base64')), value);
    await this.ok('POST', `${path}/params/${name}`, sealed, 200);
  }

  /** The answer's list. */
  async list(path: string): Promise<RawModel[]> {
    const reply = await this.call('GET', path);
    assert.equal(reply.status, 200, `GET ${path}: ${reply.text}`);
    return reply.json as RawModel[];
  }

  /** Checks that a call is refused with `code`, and returns the messages of the error. */
  async refused(code: number, method: string, path: string, options: CallOptions = {}): Promise<string> {
    const reply = await this.call(method, path, options);
    assert.equal(reply.status, code, `${method} ${path}: ${reply.text}`);
    const error = reply.json as RawModel;
    assert.equal(error.Code, code);
    assert.deepEqual(Object.keys(error), ['Model', 'Key', 'Type', 'Messages', 'Code']);
    return (error.Messages as string[]).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endpoint.close();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** Puts an executable into the plugins folder that runs a TypeScript file with this Node.js. */
export async function installProvider(root: string, name: string, source: string): Promise<string> {
  const folder = join(root, 'plugins');
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  // Moved into place as a whole: a watching endpoint must not run half of it.
  await writeFile(`${folder}/.${name}.new`, providerScript(source));
  await chmod(`${folder}/.${name}.new`, 0o700);
  const { rename } = await import('node:fs/promises');
  await rename(`${folder}/.${name}.new`, file);
  return file;
}

export function providerScript(source: string): string {
  // One that is killed while it writes which of its code has run would leave half a file.
  return `#!/bin/sh\nunset NODE_V8_COVERAGE\n${execSource(resolve(import.meta.dirname, source))}\n`;
}
