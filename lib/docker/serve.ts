import { lstat, readFile, rename, rm } from 'node:fs/promises';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeFolder, writeWhole } from '../files/index.ts';
import { isObject, jsonFrom, ModelError } from '../models/index.ts';
import { encodeLogEntry } from './log-entries.ts';
import { DriverLogs } from './log-streams.ts';
import {
  type Authorization,
  DOCKER_CONTENT_TYPE,
  type IpamDriver,
  type LogDriver,
  type LogEntry,
  type NetworkDriver,
  type VolumeDriver,
} from './protocol.ts';
import { SOCKET_FOLDER } from './registry.ts';
import {
  authorization,
  ipamDriver,
  logDriver,
  type Method,
  networkDriver,
  requestOf,
  type ServedSubsystem,
  volumeDriver,
} from './subsystems.ts';

/** The declaration of a Docker plugin: its name, and a driver for each subsystem that it implements. */
export interface DockerPluginDeclaration {
  /** The name that users give: `docker volume create -d NAME`. */
  name: string;
  volumeDriver?: VolumeDriver;
  networkDriver?: NetworkDriver;
  ipamDriver?: IpamDriver;
  authorization?: Authorization;
  logDriver?: LogDriver;
  /** Called when Docker activates the plugin: once per start of dockerd, before its first request. */
  activated?: () => void;
  /** Called with errors that no request reports, and with errors of requests that are not ModelErrors. */
  onError?: (error: unknown) => void;
}

/** Where a plugin serves. */
export type DockerPluginPlace =
  /** A socket with mode 0600; default /run/docker/plugins/NAME.sock. */
  | { socket?: string }
  /**
   * A TCP port (0 for any), with TLS when there is a key, and only for clients with a certificate of `ca` if that is
   * given. Docker finds it by the file `specFolder`/NAME.spec, or NAME.json with TLS, which is written here;
   * `clientTls` is its content.
   */
  | {
      port: number;
      host?: string;
      specFolder: string;
      tls?: { cert: string; key: string; ca?: string };
      clientTls?: { CAFile?: string; CertFile?: string; KeyFile?: string; InsecureSkipVerify?: boolean };
    };

export interface RunningDockerPlugin {
  /** `unix://PATH`, or `tcp://HOST:PORT`. */
  address: string;
  /** Accepts no more requests, aborts running ones, and removes the socket or spec file. */
  close(): Promise<void>;
}

/** Limit in bytes. The largest body is that of an authorization request: 1 MiB in base64. */
const LONGEST_BODY = 8 * 1024 * 1024;
const NEWLINE = Buffer.from('\n');
/** How long in ms running requests may take to end when the plugin stops. */
const STOP_LIMIT_MS = 5_000;

/**
 * Serves a Docker plugin (version 1). Throws ModelError: 400 for a declaration without a driver or with a name that
 * Docker cannot look up, 409 when another process serves at the socket.
 */
export async function serveDockerPlugin(
  declaration: DockerPluginDeclaration,
  place: DockerPluginPlace = {},
): Promise<RunningDockerPlugin> {
  const { name, onError = () => {} } = declaration;
  if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) {
    throw new ModelError(400, `name: ${JSON.stringify(name)}: expected letters, digits, ., - and _`);
  }
  const logs = declaration.logDriver && new DriverLogs(declaration.logDriver, onError);
  const subsystems = subsystemsOf(declaration, logs);
  if (subsystems.length === 0)
    throw new ModelError(400, `${name}: a plugin needs a driver of some subsystem`);
  const stopping = new AbortController();
  const requests = new Set<Promise<void>>();
  const activation = { Implements: subsystems.map((subsystem) => subsystem.name) };
  const methods = new Map(subsystems.flatMap((subsystem) => [...subsystem.methods]));
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const served: Promise<void> = answer(request, response)
      .catch(() => {
        // The client has disconnected.
        response.destroy();
      })
      .finally(() => requests.delete(served));
    requests.add(served);
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new ModelError(503, 'the caller has gone')));
    try {
      const method = methodOf(request);
      const body = await readBody(request);
      if (method === 'Plugin.Activate') {
        declaration.activated?.();
        return send(response, 200, activation);
      }
      const found = methods.get(method);
      if (found === undefined) throw new ModelError(404, `${method}: not offered`);
      const signal = AbortSignal.any([gone.signal, stopping.signal]);
      const result = await (found as Method).answer(requestOf(body, found.shape) as never, { signal });
      if (isEntries(result)) await sendEntries(response, result);
      else await send(response, 200, result ?? {});
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const known = ModelError.from(error);
      if (known === undefined) onError(error);
      const words = known?.messages.join('; ') ?? (error instanceof Error ? error.message : String(error));
      await send(response, statusOf(known), { Err: words });
    }
  }

  const { server, address, forget } = await open(name, place, listener);
  return {
    address,
    async close() {
      server.close();
      server.closeIdleConnections();
      await forget();
      stopping.abort(new ModelError(503, 'the plugin stops'));
      const limit = setTimeout(() => server.closeAllConnections(), STOP_LIMIT_MS);
      await Promise.all([...requests, logs?.close()]);
      clearTimeout(limit);
      server.closeAllConnections();
    },
  };
}

/** A Docker plugin that can run as an executable. */
export interface RunnableDockerPlugin extends DockerPluginDeclaration {
  /** Serves until SIGTERM or SIGINT, see `runDockerPlugin`. */
  run(place?: DockerPluginPlace): Promise<void>;
}

/** Declares a Docker plugin. `main.ts` is then `dockerPlugin({...}).run()`. */
export function dockerPlugin(declaration: DockerPluginDeclaration): RunnableDockerPlugin {
  return { ...declaration, run: (place) => runDockerPlugin(declaration, place) };
}

/** The body of a `main.ts`: serves until SIGTERM or SIGINT. */
export async function runDockerPlugin(
  declaration: DockerPluginDeclaration,
  place: DockerPluginPlace = {},
): Promise<void> {
  const running = await serveDockerPlugin(
    { onError: (error) => console.error(error), ...declaration },
    place,
  );
  console.error(`${declaration.name} serves ${running.address}`);
  const end = () => void running.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

function subsystemsOf(declaration: DockerPluginDeclaration, logs: DriverLogs | undefined): ServedSubsystem[] {
  const {
    volumeDriver: volumes,
    networkDriver: networks,
    ipamDriver: ipam,
    authorization: authz,
  } = declaration;
  return [
    volumes && volumeDriver(volumes),
    networks && networkDriver(networks),
    ipam && ipamDriver(ipam),
    authz && authorization(authz),
    declaration.logDriver && logs && logDriver(declaration.logDriver, logs),
  ].filter((subsystem) => subsystem !== undefined);
}

function methodOf({ method = '', url = '' }: IncomingMessage): string {
  if (method !== 'POST') throw new ModelError(405, `${method}: expected POST`);
  return url.slice(1).split('?', 1)[0] ?? '';
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > LONGEST_BODY) throw new ModelError(413, `the request is longer than ${LONGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (text.trim() === '') return null;
  try {
    return jsonFrom(text);
  } catch (cause) {
    throw new ModelError(400, `the request is not JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/** 200 is the only success that Docker knows, so it is replaced as the code of an error. */
function statusOf(error: ModelError | undefined): number {
  const code = error?.code ?? 500;
  return code >= 400 && code <= 599 ? code : 500;
}

async function send(response: ServerResponse, status: number, value: unknown): Promise<void> {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'Content-Type': DOCKER_CONTENT_TYPE,
    'Content-Length': Buffer.byteLength(body),
    // The rest of a refused request is not read.
    ...(response.req.complete ? {} : { Connection: 'close' }),
  });
  response.end(body);
}

function isEntries(value: unknown): value is AsyncIterable<LogEntry> {
  return isObject(value) && Symbol.asyncIterator in value;
}

async function sendEntries(response: ServerResponse, entries: AsyncIterable<LogEntry>): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-json-stream' });
  const encoded = async function* () {
    // `docker logs` prints text without adding newlines.
    for await (const { line, ...entry } of entries)
      yield encodeLogEntry({ ...entry, line: entry.partial ? line : Buffer.concat([line, NEWLINE]) });
  };
  await pipeline(Readable.from(encoded()), response);
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

async function open(name: string, place: DockerPluginPlace, listener: RequestListener) {
  if ('port' in place) return openPort(name, place, listener);
  const socket = place.socket ?? join(SOCKET_FOLDER, `${name}.sock`);
  await makeFolder(dirname(socket), 0o755);
  await removeDeadSocket(socket);
  const server = createHttpServer(listener);
  // On closing, Node.js removes the path that it has bound, even if it is now another process's socket. So another name
  // is bound and then linked.
  const bound = `${socket}.${process.pid}`;
  await rm(bound, { force: true });
  await listen(server, { path: bound });
  const { ino } = await lstat(bound);
  await rename(bound, socket);
  const forget = async () => {
    // Another process may have replaced the socket meanwhile.
    const now = await lstat(socket).catch(() => undefined);
    if (now?.ino === ino) await rm(socket, { force: true });
  };
  return { server, address: `unix://${socket}`, forget };
}

async function openPort(
  name: string,
  place: Extract<DockerPluginPlace, { port: number }>,
  listener: RequestListener,
) {
  const { host = '127.0.0.1', port, specFolder, tls, clientTls } = place;
  const server: Server =
    tls === undefined
      ? createHttpServer(listener)
      : createHttpsServer(
          {
            ...tls,
            minVersion: 'TLSv1.2',
            requestCert: tls.ca !== undefined,
            rejectUnauthorized: tls.ca !== undefined,
          },
          listener,
        );
  await listen(server, { host, port });
  const { port: actual } = server.address() as AddressInfo;
  const address = `tcp://${host.includes(':') ? `[${host}]` : host}:${actual}`;
  await makeFolder(specFolder, 0o755);
  const file = join(specFolder, tls === undefined ? `${name}.spec` : `${name}.json`);
  const text =
    tls === undefined ? address : JSON.stringify({ Name: name, Addr: address, TLSConfig: clientTls ?? {} });
  // Written atomically, since dockerd may read it any time, and with mode 0644 whatever the umask, since dockerd
  // connects to the address in it.
  await writeWhole(file, text, 0o644);
  const forget = async () => {
    // Another process may have replaced the file meanwhile.
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) await rm(file, { force: true });
  };
  return { server, address, forget };
}

async function removeDeadSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isSocket() && (await isServed(path))) {
    throw new ModelError(409, `${path}: another process serves there`);
  }
  await rm(path);
}

function isServed(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.once('error', () => done(false));
  });
}

function listen(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // Listening is synchronous, so the umask covers only this.
  const before = process.umask(0o177);
  try {
    server.listen(where, resolve);
  } finally {
    process.umask(before);
  }
  return promise;
}
