import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type HostLimits,
  type HostOptions,
  type LogSource,
  PluginHost,
} from '../../lib/endpoint/host/index.ts';
import type { Action, Event, LogLine, PluginProvider } from '../../lib/models/index.ts';
import { execSource } from '../support/quick-start.ts';

const PLUGIN = fileURLToPath(new URL('./host-plugin.ts', import.meta.url));

/** A host in folders of its own, and all that it told. */
export interface HostFixture {
  host: PluginHost;
  root: string;
  plugins: string;
  communication: string;
  lines: { line: LogLine; source: LogSource }[];
  /** PluginErrors per plugin, all that were ever set. */
  errors: Map<string, string[][]>;
  published: { event: Event; plugin: string }[];
  removed: string[];
  running: string[];
  /** Puts an executable into the plugins folder. */
  script(file: string, text: string): Promise<string>;
  /** Puts a provider there that defines and unpacks, and listens as `host-plugin.ts` does. */
  provider(
    name: string,
    options?: { define?: Partial<PluginProvider>; mode?: string; unpack?: string },
  ): Promise<void>;
}

export const DEFINITION: PluginProvider = {
  Meta: {},
  Name: 'fake',
  Version: 'v1.0.0',
  PluginVersion: 4,
  AutoStart: false,
  HasPublish: false,
  AvailableActions: [],
  RequiredParams: [],
  OptionalParams: [],
  StoreObjects: {},
  Documentation: '',
  Content: '',
};

export async function hostFixture(
  t: TestContext,
  options: Partial<HostOptions> & { limits?: Partial<HostLimits> } = {},
): Promise<HostFixture> {
  const root = await mkdtemp(join(tmpdir(), 'host-'));
  const plugins = join(root, 'plugins');
  const communication = join(root, 'comm');
  await mkdir(plugins);
  const told = {
    lines: [] as HostFixture['lines'],
    errors: new Map<string, string[][]>(),
    published: [] as HostFixture['published'],
    removed: [] as string[],
    running: [] as string[],
  };
  const host = new PluginHost({
    pluginsDirectory: plugins,
    filesDirectory: join(root, 'files'),
    communicationDirectory: communication,
    scratchDirectory: join(root, 'scratch'),
    environment: {
      RS_ENDPOINT: 'https://127.0.0.1:8092',
      RS_FILESERVER: 'http://127.0.0.1:8091',
      RS_WEBROOT: '/srv/tftpboot',
    },
    token: (plugin) => `token of ${plugin}`,
    onLog: (line, source) => told.lines.push({ line, source }),
    onPublish: (event, plugin) => {
      told.published.push({ event, plugin });
    },
    isSecret: (param) => param.includes('password'),
    listObjects: (prefix) => [{ prefix }],
    ...options,
    // A start on a slow machine is not taken for an endless loop.
    limits: { ping: 60_000, ...options.limits },
  });
  host.observe({
    pluginErrors: (plugin, errors) => {
      told.errors.set(plugin, [...(told.errors.get(plugin) ?? []), errors]);
    },
    pluginRunning: (plugin) => {
      told.running.push(plugin);
    },
    providerRemoved: (provider) => {
      told.removed.push(provider);
    },
  });
  t.after(async () => {
    await host.close();
    await rm(root, { recursive: true, force: true });
  });
  const script: HostFixture['script'] = async (file, text) => {
    const path = join(plugins, file);
    await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  };
  return {
    host,
    root,
    plugins,
    communication,
    ...told,
    script,
    provider: async (name, { define = {}, mode = 'normal', unpack = ':' } = {}) => {
      const definition = JSON.stringify({ ...DEFINITION, Name: name, ...define });
      await script(
        name,
        [
          // Many are killed: one that is just writing which of its code has run would leave half a file.
          'unset NODE_V8_COVERAGE',
          'case $1 in',
          `define) cat <<'END'\n${definition}\nEND\n;;`,
          `unpack) ${unpack} ;;`,
          `listen) ${execSource(PLUGIN, mode)} ;;`,
          'esac',
        ].join('\n'),
      );
    },
  };
}

/** A host with one provider `fake`, discovered. */
export async function fakeHost(
  t: TestContext,
  options: Parameters<typeof hostFixture>[1] & { mode?: string; define?: Partial<PluginProvider> } = {},
): Promise<HostFixture> {
  const { mode, define, ...hostOptions } = options;
  const fixture = await hostFixture(t, hostOptions);
  await fixture.provider('fake', { mode, define });
  await fixture.host.discover();
  return fixture;
}

export function plugin(name: string, params: Record<string, unknown> = {}) {
  return { Name: name, Provider: 'fake', Params: params };
}

export function action(command: string, params: Record<string, unknown> = {}, plugin = 'p'): Action {
  return { Model: { Name: 'm1' }, Plugin: plugin, Command: command, CommandSet: 'machines', Params: params };
}
