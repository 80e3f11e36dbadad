import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFolder } from '../files/index.ts';
import type { LogLine } from '../models/index.ts';
import { watchDescriptors } from './descriptors.ts';
import { Actions } from './host/actions.ts';
import { followBootTargets } from './host/boot-target.ts';
import { type HostLimits, PluginHost } from './host/index.ts';
import { Jobs } from './host/jobs.ts';
import { Plugins } from './host/plugins.ts';
import { ProviderFolder } from './host/provider-folder.ts';
import { Authentication, DEFAULT_USER } from './http/authentication.ts';
import { loadCertificate } from './http/certificate.ts';
import { createFileServer } from './http/file-server.ts';
import { Listener, urlHost } from './http/listener.ts';
import { MachineTokens } from './http/machine-tokens.ts';
import type { Parts } from './http/parts.ts';
import { Router } from './http/router.ts';
import { apiRoutes } from './http/routes/index.ts';
import { inspectorRoutes } from './http/routes/inspector.ts';
import { createApiServer, serveApi } from './http/server.ts';
import { serveEvents } from './http/websocket.ts';
import { endpointInfo, endpointUrls } from './info.ts';
import { scopes } from './state/claims.ts';
import { Contents } from './state/contents.ts';
import { Events } from './state/events.ts';
import { JobLogs } from './state/jobs/job-logs.ts';
import { endpointLine, Logs } from './state/logs.ts';
import { Objects, ownerOf } from './state/objects.ts';
import { Params } from './state/params.ts';
import { PREFIXES } from './state/prefixes/index.ts';
import { removeUnfinished } from './state/receive-file.ts';
import { Rendering } from './state/rendering/rendering.ts';
import { Store } from './state/store.ts';
import { upgrade } from './state/upgrade.ts';

const VERSION = 'v4.8.0';
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
  const { host: address = '127.0.0.1' } = options;
  const root = resolve(options.root);
  const webRoot = join(root, 'tftpboot');
  const pluginsDirectory = join(root, 'plugins');
  const filesDirectory = join(webRoot, 'files');
  const isosDirectory = join(webRoot, 'isos');
  await makeFolder(root, 0o700);
  const jobLogsDirectory = join(root, 'job-logs');
  for (const folder of [pluginsDirectory, filesDirectory, isosDirectory]) await makeFolder(folder, 0o755);
  await makeFolder(jobLogsDirectory, 0o700);
  const certificate = await loadCertificate(root);
  const unique = Object.entries(PREFIXES).flatMap(([prefix, kind]) =>
    kind.unique ? [[prefix, kind.unique]] : [],
  );
  const database = join(root, 'endpoint.db');
  const isEmpty = (await stat(database).catch(() => undefined))?.size === 0;
  const store = new Store(database, Object.fromEntries(unique));
  // Only now that the database is locked: another endpoint in this folder would lose the sockets of its plugins.
  const communicationDirectory = await makeCommunicationDirectory(root);
  for (const folder of [pluginsDirectory, webRoot]) await removeUnfinished(folder);
  upgrade(store);
  const id = Buffer.from(store.setting('id', () => Buffer.from(randomUUID()))).toString();
  const events = new Events();
  const logs = new Logs(events, options.onLog);
  if (isEmpty) logs.add(endpointLine('warn', `${database} was empty: everything begins anew`));
  const objects = new Objects(store, new Params(store), events);
  const contents = new Contents(objects);
  contents.ensureBasics();
  const authentication = new Authentication(objects);
  const machineTokens = new MachineTokens(objects, authentication);
  const jobLogs = new JobLogs(jobLogsDirectory);
  await jobLogs.sweep((job) => store.has('jobs', job));

  const apiServer = createApiServer(certificate);
  const api = new Listener(apiServer);
  const files = new Listener(createFileServer(webRoot, (path, reached) => rendering.file(path, reached)));
  const info = () =>
    endpointInfo({
      id,
      version: VERSION,
      address,
      apiPort: api.port,
      filePort: files.port,
      count: (prefix) => store.count(prefix),
      scopes: scopes(objects.names()),
    });
  const rendering = new Rendering({
    objects,
    info,
    urls: (reached) => endpointUrls(reached, { api: api.port, files: files.port }),
    token: (machine, request) => machineTokens.forTemplate(machine, request),
  });
  const release = async () => {
    await Promise.all([api.close(), files.close()]);
    store.close();
    await rm(communicationDirectory, { recursive: true, force: true });
  };
  try {
    await files.open(options.staticPort, address);
    await api.open(options.port, address);
  } catch (error) {
    await release();
    throw error;
  }
  const url = `https://${urlHost(address)}:${api.port}`;
  const fileServerUrl = `http://${urlHost(address)}:${files.port}`;

  // From here to serveApi nothing is awaited, so requests that arrive meanwhile are answered afterwards.
  const host = new PluginHost({
    pluginsDirectory,
    filesDirectory,
    communicationDirectory,
    scratchDirectory: join(root, 'plugin-tmp'),
    limits: options.limits,
    environment: { RS_ENDPOINT: url, RS_FILESERVER: fileServerUrl, RS_WEBROOT: webRoot },
    token: (plugin) => authentication.token(`plugin:${plugin}`, PLUGIN_TOKEN_SECONDS),
    onLog: (line) => logs.add(line),
    onPublish: (event) => events.publish(event),
    isSecret: (param) => objects.params.isSecure(param),
    listObjects: (prefix) => objects.list(prefix),
  });
  const plugins = new Plugins({ objects, events, contents, host, logs });
  const providers = new ProviderFolder({ directory: pluginsDirectory, host, plugins, logs });
  const actions = new Actions({ objects, events, plugins, host });
  const closeBootTargets = followBootTargets({ objects, events, actions, logs });
  const jobs = new Jobs({ objects, events, logs: jobLogs, actions });
  const parts: Parts = {
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
  };
  serveApi(apiServer, {
    authentication,
    router: new Router(apiRoutes(parts)),
    inspector: new Router(inspectorRoutes(parts)),
    ownerOf: (scope, key) => ownerOf(objects, scope, key),
    log: (level, message) => logs.add({ ...endpointLine(level, message), IgnorePublish: true }),
    onFailure: (error, { method, url: path }) =>
      logs.add(endpointLine('error', `${method} ${path}: ${text(error)}`)),
  });
  const closeEvents = serveEvents(apiServer, { authentication, events });

  // Only now that the ports are open: the password of a start that fails would never be shown.
  const password = await authentication.ensureUser();
  const closeDescriptors = watchDescriptors((level, message) =>
    logs.add({ ...endpointLine(level, message), IgnorePublish: true }),
  );
  const unsubscribe = events.subscribe((event) => host.publish(event));
  let closed: Promise<void> | undefined;
  const ready = (async () => {
    for (const pack of options.packs ?? []) contents.ensure(pack);
    await providers.open();
    if (closed !== undefined) return;
    plugins.reportOrphans();
    await plugins.settled();
  })();
  ready.catch((error: unknown) => logs.add(endpointLine('error', `discovery: ${text(error)}`)));
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
        providers.close();
        plugins.close();
        unsubscribe();
        closeDescriptors();
        // Running actions get time to finish.
        await host.close();
        jobs.close();
        closeBootTargets();
        closeEvents();
        await release();
      })();
      return closed;
    },
  };
}

/**
 * The folder for the plugins' sockets. Not below `root`, since the path of a socket is limited to 107 bytes. Its name
 * is derived from `root`, so that the next start removes what a killed endpoint has left.
 */
async function makeCommunicationDirectory(root: string): Promise<string> {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const directory = join(tmpdir(), `drp-${name}`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o700 });
  return directory;
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
