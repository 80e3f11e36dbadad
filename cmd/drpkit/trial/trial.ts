import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, type Content, type Machine } from '../../../lib/api/index.ts';
import type { Bundle } from '../../../lib/content/index.ts';
import { startEndpoint } from '../../../lib/endpoint/index.ts';
import { isObject, ModelError } from '../../../lib/models/index.ts';
import { logText } from '../commands/log-text.ts';

/** A temporary development endpoint with content packs. */
export interface Trial extends AsyncDisposable {
  readonly api: Client;
  /** Its folder. Callers may create folders in it. */
  readonly root: string;
}

export interface TrialOptions {
  packs: readonly Bundle[];
  /** Folder with providers to run. */
  plugins?: string;
  /** Called with the lines of its log. */
  log?: (line: string) => void;
  /** Called with unmet requirements of the packs. */
  note(line: string): void;
}

/** Starts the endpoint. Throws ModelError for packs that it refuses. */
export async function openTrial({ packs, plugins, log, note }: TrialOptions): Promise<Trial> {
  await using cleanup = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'drp-trial-'));
  cleanup.defer(() => rm(root, { recursive: true, force: true }));
  if (plugins !== undefined) await linkProviders(plugins, join(root, 'plugins'));
  const onLog = log && ((line: Parameters<typeof logText>[0]) => log(logText(line)));
  const endpoint = await startEndpoint({ root, port: 0, staticPort: 0, onLog });
  cleanup.defer(() => endpoint.close());
  const api = new Client({ endpoint: endpoint.url, token: endpoint.token });
  cleanup.defer(async () => api.close());
  await upload(api, packs, note);
  await endpoint.ready;
  const open = cleanup.move();
  return { api, root, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

async function linkProviders(from: string, to: string): Promise<void> {
  const names = await readdir(from).catch((error: unknown) => {
    throw new ModelError(400, `plugins: ${error instanceof Error ? error.message : error}`);
  });
  await mkdir(to);
  await Promise.all(names.map((name) => symlink(resolve(from, name), join(to, name))));
}

/**
 * Uploads the packs without their Prerequisites and RequiredFeatures, so that an author can try packs alone. Endpoints
 * refuse packs with unmet ones. Missing features are reported by `note`.
 */
async function upload(api: Client, packs: readonly Bundle[], note: (line: string) => void): Promise<void> {
  const features = new Set((await api.info()).features);
  for (const { meta, sections } of packs) {
    const { Prerequisites: _, RequiredFeatures = '', ...own } = meta;
    const missing = RequiredFeatures.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !features.has(name));
    if (missing.length > 0)
      note(`${meta.Name} requires features that a development endpoint lacks: ${missing.join(', ')}`);
    await api.contents().create({ meta: own, sections } as unknown as Content);
  }
}

/** Creates a machine with these params; secure ones are encrypted. It has no tasks. */
export async function createMachine(
  api: Client,
  packs: readonly Bundle[],
  machine: Partial<Machine> & { Name: string },
  params: Readonly<Record<string, unknown>>,
): Promise<Machine> {
  const made = await api.objects('machines').create(machine);
  const known = Object.assign({}, ...packs.map(({ sections }) => sections.params ?? {}));
  const own = api.params('machines', made.Uuid);
  for (const [name, value] of Object.entries(params)) {
    const isSecret = isObject(known[name]) && known[name].Secure === true;
    await (isSecret ? own.setSecure(name, value) : own.set(name, value));
  }
  return made;
}
