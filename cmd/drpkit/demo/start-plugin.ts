import { type Client, eventSelector } from '../../../lib/api/index.ts';
import type { RawModel } from '../../../lib/models/index.ts';

const START_LIMIT_MS = 30_000;

/**
 * Creates a plugin, sets its `secrets` encrypted with its key, and waits until it runs. Returns `started`, or its
 * errors.
 */
export async function startPlugin(
  api: Client,
  { secrets = {}, ...plugin }: { Name: string; Provider: string; Params?: RawModel; secrets?: RawModel },
  signal: AbortSignal,
): Promise<string> {
  const ends = AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT_MS)]);
  await using events = api.events({ signal: ends });
  await events.register(eventSelector('plugins', '*', plugin.Name), { signal: ends });
  await api.objects('plugins').create(plugin, { signal: ends });
  for (const [name, value] of Object.entries(secrets)) {
    await api.params('plugins', plugin.Name).setSecure(name, value, { signal: ends });
  }
  const untilSet = Object.keys(secrets).map((name) => `Missing required parameter: ${name}`);
  for await (const { event } of events) {
    if (event?.Action === 'configed') return 'started';
    const problems = pluginErrors(event?.Object);
    if (problems !== '' && !problems.split('; ').some((problem) => untilSet.includes(problem)))
      return problems;
  }
  return `not started within ${START_LIMIT_MS / 1000} s`;
}

/** The errors of a plugin object as text; empty when the plugin has no errors. */
export function pluginErrors(plugin: unknown): string {
  const { PluginErrors } = (plugin ?? {}) as RawModel;
  return Array.isArray(PluginErrors) ? PluginErrors.join('; ') : '';
}
