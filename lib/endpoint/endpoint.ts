import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { LogLine } from '../models/index.ts';
import { watchDescriptors } from './descriptors.ts';
import { makeCommunicationDirectory, makeFolders } from './folders.ts';
import type { HostLimits } from './host/index.ts';
import { PluginController } from './host/plugin-controller.ts';
import { Authentication, DEFAULT_USER } from './http/authentication.ts';
import { type Certificate, loadCertificate } from './http/certificate.ts';
import { MachineTokens } from './http/machine-tokens.ts';
import type { Parts } from './http/parts.ts';
import { Router } from './http/router.ts';
import { apiRoutes } from './http/routes/index.ts';
import { inspectorRoutes } from './http/routes/inspector.ts';
import { serveApi } from './http/server.ts';
import { Servers } from './http/servers.ts';
import { serveEvents } from './http/websocket.ts';
import { endpointInfo, endpointUrls } from './info.ts';
import { scopes } from './state/claims.ts';
import { endpointLine } from './state/logs.ts';
import { ownerOf } from './state/objects.ts';
import { openState, type State } from './state/open-state.ts';
import { removeUnfinished } from './state/receive-file.ts';
import { Rendering } from './state/rendering/rendering.ts';

/** Long, since plugins keep the token that they were started with. */
const PLUGIN_TOKEN_SECONDS = 10 * 365 * 24 * 3600;
const USER_TOKEN_SECONDS = 24 * 3600;

export interface EndpointOptions {
  /** The endpoint's folder; created if it does not exist. Providers are in `plugins`, served files in `tftpboot`. */
  root: string;
  /** Port of the API; 0 for any free port. */
  port: number;
  /** Port of the static file server; 0 for any free port. */
  staticPort: number;
  /** The address to listen on. Default: loopback. */
  host?: string;
  limits?: Partial<HostLimits>;
  /** Content packs to load before the providers, unless a pack of the same name exists. */
  packs?: readonly { meta: { Name: string } }[];
  /** Called with each line of the endpoint's log. */
  onLog?: (line: LogLine) => void;
}

export interface RunningEndpoint {
  /** `https://127.0.0.1:8092` */
  url: string;
  /** `http://127.0.0.1:8091` */
  fileServerUrl: string;
  /** The endpoint's certificate (PEM), for clients that want to pin it. */
  certificate: string;
  /** The default user. */
  user: string;
  /** The default user's password, only at the first start. It is stored as a hash and cannot be shown again. */
  password: string | undefined;
  /** A token of the default user, valid for a day. */
  token: string;
  /** Resolves when the providers in the plugins folder are loaded and their plugins have started or failed. */
  ready: Promise<void>;
  /** Stops the plugins and the servers. */
  close(): Promise<void>;
}

/**
 * Starts a development endpoint. Rejects when a port is in use or the folder cannot be used. Providers are loaded while
 * it already serves: see `ready`.
 */
export async function startEndpoint(options: EndpointOptions): Promise<RunningEndpoint> {
  const { host: address = '127.0.0.1', limits, packs = [] } = options;
  const folders = await makeFolders(resolve(options.root));
  const { webRoot } = folders;
  const certificate = await loadCertificate(folders.root);
  const state = await openState(
    { database: join(folders.root, 'endpoint.db'), jobLogs: folders.jobLogs },
    options.onLog,
  );
  // Only now that the database is locked: another endpoint in this folder would lose the sockets of its plugins.
  const communicationDirectory = await makeCommunicationDirectory(folders.root);
  for (const folder of [folders.plugins, webRoot]) await removeUnfinished(folder);
  const { objects, events, contents, logs, jobLogs } = state;
  const authentication = new Authentication(objects);
  const machineTokens = new MachineTokens(objects, authentication);
  const { servers, rendering, info } = createServers(state, { address, certificate, webRoot, machineTokens });
  const release = async () => {
    await servers.close();
    state.store.close();
    await rm(communicationDirectory, { recursive: true, force: true });
  };
  try {
    await servers.open({ api: options.port, files: options.staticPort });
  } catch (error) {
    await release();
    throw error;
  }
  const { url, fileServerUrl } = servers;

  // From here to serve nothing is awaited, so requests that arrive meanwhile are answered afterwards.
  const controller = new PluginController(state, {
    pluginsDirectory: folders.plugins,
    filesDirectory: folders.files,
    communicationDirectory,
    scratchDirectory: folders.pluginScratch,
    limits,
    environment: { RS_ENDPOINT: url, RS_FILESERVER: fileServerUrl, RS_WEBROOT: webRoot },
    token: (plugin) => authentication.token(`plugin:${plugin}`, PLUGIN_TOKEN_SECONDS),
  });
  const { host, plugins, providers, actions, jobs } = controller;
  const closeEvents = serve(servers, {
    webRoot,
    providers,
    objects,
    events,
    contents,
    plugins,
    actions,
    host,
    logs,
    authentication,
    machineTokens,
    jobs,
    jobLogs,
    rendering,
    info,
  });

  // Only now that the ports are open: the password of a start that fails would never be shown.
  const password = await authentication.ensureUser();
  const closeDescriptors = watchDescriptors((level, message) =>
    logs.add({ ...endpointLine(level, message), IgnorePublish: true }),
  );
  const ready = (async () => {
    for (const pack of packs) contents.ensure(pack);
    await controller.open();
  })();
  ready.catch((error: unknown) => logs.add(endpointLine('error', `discovery: ${text(error)}`)));
  let closed: Promise<void> | undefined;
  return {
    url,
    fileServerUrl,
    certificate: certificate.cert,
    user: DEFAULT_USER,
    password,
    token: authentication.token(`user:${DEFAULT_USER}`, USER_TOKEN_SECONDS),
    ready,
    close() {
      closed ??= (async () => {
        closeDescriptors();
        await controller.close();
        closeEvents();
        await release();
      })();
      return closed;
    },
  };
}

/** The servers, which do not listen yet, and what tells and renders the URLs at which they are reached. */
function createServers(
  { id, store, objects }: State,
  parts: { address: string; certificate: Certificate; webRoot: string; machineTokens: MachineTokens },
): { servers: Servers; rendering: Rendering; info: Parts['info'] } {
  const { machineTokens, ...listening } = parts;
  const servers = new Servers({ ...listening, make: (path, reached) => rendering.file(path, reached) });
  const info = () =>
    endpointInfo({
      id,
      address: listening.address,
      ports: servers.ports,
      count: (prefix) => store.count(prefix),
      scopes: scopes(objects.names()),
    });
  const rendering = new Rendering({
    objects,
    info,
    urls: (reached) => endpointUrls(reached, servers.ports),
    token: (machine, request) => machineTokens.forTemplate(machine, request),
  });
  return { servers, rendering, info };
}

/** Answers requests from now on, and streams events. Returns a function that ends the streams. */
function serve({ apiServer }: Servers, parts: Parts): () => void {
  const { authentication, objects, events, logs } = parts;
  serveApi(apiServer, {
    authentication,
    router: new Router(apiRoutes(parts)),
    inspector: new Router(inspectorRoutes(parts)),
    ownerOf: (scope, key) => ownerOf(objects, scope, key),
    log: (level, message) => logs.add({ ...endpointLine(level, message), IgnorePublish: true }),
    onFailure: (error, { method, url: path }) =>
      logs.add(endpointLine('error', `${method} ${path}: ${text(error)}`)),
  });
  return serveEvents(apiServer, { authentication, events });
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
