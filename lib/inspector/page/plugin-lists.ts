import { ask } from './endpoint.ts';
import { type Loaded, useLoaded } from './loaded.ts';
import { INSPECTOR_API, type PluginProcess, type PluginProvider } from './objects.ts';

/** Interval in ms. Memory and processes change without events. */
const EVERY_MS = 2_000;

/** The processes of all plugins. */
export function useProcesses(): Loaded<PluginProcess[]> {
  return useLoaded(
    'processes',
    (signal) => ask<PluginProcess[]>(['plugins'], { base: INSPECTOR_API, signal }),
    {
      every: EVERY_MS,
      changes: ({ type }) => type === 'plugins' || type === 'plugin_providers',
    },
  );
}

export function useProviders(): Loaded<PluginProvider[]> {
  return useLoaded('providers', (signal) => ask<PluginProvider[]>(['plugin_providers'], { signal }), {
    changes: ({ type }) => type === 'plugin_providers' || type === 'contents',
  });
}

/** A provider. Nothing is loaded without a name. */
export function useProvider(name: string | undefined): Loaded<PluginProvider> {
  return useLoaded(
    `provider ${name}`,
    name === undefined ? undefined : (signal) => ask<PluginProvider>(['plugin_providers', name], { signal }),
    { changes: ({ type, key }) => type === 'plugin_providers' && key === name },
  );
}
