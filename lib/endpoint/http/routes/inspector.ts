import { readFile } from 'node:fs/promises';
import { ModelError, type PluginProcess } from '../../../models/index.ts';
import type { Found } from '../../state/objects.ts';
import { type Exchange, keyOf, type Route, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';
import { postedEvent } from './posted-event.ts';

const LONGEST_WAIT_SECONDS = 25;

/** Routes below `/ui/api` that dr-provision does not have: processes of plugins, and traffic on their sockets. */
export function inspectorRoutes({ objects, plugins, host, events }: Parts): Route[] {
  const pluginOf = (exchange: Exchange) => objects.get('plugins', keyOf(exchange), requesterOf(exchange));

  async function processOf({ key, object }: Found): Promise<PluginProcess> {
    const { state, pid, startedAt, restarts, lastError } = host.process(key);
    const { PluginErrors } = object;
    // The plugin was not started because of its params, or because its provider is missing.
    const problems = Array.isArray(PluginErrors) ? PluginErrors.map(String) : [];
    const refused =
      problems.length > 0 && state === 'stopped' && !plugins.isStopped(key)
        ? new ModelError(422, problems, { model: 'plugins', key, type: 'plugin' })
        : undefined;
    return {
      Name: key,
      Provider: String(object.Provider),
      State: refused === undefined ? STATES[state] : 'failed',
      Pid: pid,
      StartedAt: startedAt?.toISOString(),
      Restarts: restarts,
      MemoryBytes: pid === undefined ? undefined : await processMemory(pid),
      LastError: (lastError ?? refused)?.toJSON(),
    };
  }

  const changing = (word: string, change: (name: string, exchange: Exchange) => Promise<void>): Route => ({
    method: 'POST',
    path: `plugins/:key/${word}`,
    async handle(exchange) {
      await change(pluginOf(exchange).key, exchange);
      // The state afterwards. The plugin may have been deleted meanwhile.
      return { json: await processOf(pluginOf(exchange)) };
    },
  });

  return [
    {
      method: 'GET',
      path: 'plugins',
      async handle() {
        const found = objects.store.keys('plugins').flatMap((name) => objects.find('plugins', name) ?? []);
        return { json: await Promise.all(found.map(processOf)) };
      },
    },
    {
      method: 'GET',
      path: 'plugins/:key',
      handle: async (exchange) => ({ json: await processOf(pluginOf(exchange)) }),
    },
    changing('start', (name) => plugins.start(name)),
    changing('restart', (name) => plugins.restart(name)),
    changing('stop', (name, { principal }) => plugins.stop(name, principal)),
    {
      method: 'POST',
      path: 'plugins/:key/publish',
      async handle(exchange) {
        const { key, object } = pluginOf(exchange);
        const event = await postedEvent(exchange);
        if (plugins.provider(String(object.Provider))?.HasPublish === true) {
          await host.replay(key, event, exchange.signal);
        } else if (!events.tell(`plugin:${key}`, event)) {
          const selector = `${event.Type}.${event.Action}.${event.Key}`;
          throw new ModelError(
            409,
            `${key} takes no event ${selector}: its provider has no HasPublish, and it has no event stream with a selector for that`,
            { model: 'plugins', key, type: 'POST' },
          );
        }
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: 'plugins/:key/traffic',
      async handle(exchange) {
        const traffic = host.traffic(pluginOf(exchange).key);
        const after = numberIn(exchange, 'after', Number.MAX_SAFE_INTEGER);
        const wait = numberIn(exchange, 'wait', LONGEST_WAIT_SECONDS) * 1000;
        await traffic.more(after, { wait, signal: exchange.signal });
        return { json: traffic.since(after) };
      },
    },
  ];
}

/**
 * The states shown to users. A plugin that waits for its restart has failed, and one that is being stopped counts as
 * stopped.
 */
const STATES = {
  stopped: 'stopped',
  starting: 'starting',
  configuring: 'starting',
  running: 'running',
  busy: 'busy',
  stopping: 'stopped',
  waiting: 'failed',
  failed: 'failed',
} as const;

/** A number in the query; 0 when it is missing. Throws ModelError 400. */
function numberIn({ query, method }: Exchange, name: string, most: number): number {
  const text = query.get(name) ?? '0';
  const value = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && value <= most) return value;
  throw new ModelError(400, `${name}: expected a number from 0 to ${most}, found ${text.slice(0, 100)}`, {
    model: 'plugins',
    type: method,
  });
}

/** The resident memory of a process in bytes; undefined on systems without /proc. */
async function processMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
