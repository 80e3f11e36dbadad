import { isObject, ModelError } from '../../../lib/models/index.ts';
import type { Group } from '../command.ts';
import { takes } from '../command.ts';
import type { Context } from '../context.ts';
import { endingSignal } from '../ending.ts';
import { readInput } from '../input.ts';

/** How long to wait for each plugin in a list, in ms. */
const ACTIVATION_LIMIT_MS = 5_000;

export const docker: Group = {
  flags: [
    {
      name: 'sockets',
      value: 'string',
      about: 'The folder with sockets of plugins, if not /run/docker/plugins',
    },
    {
      name: 'specs',
      value: 'string',
      repeats: true,
      about:
        'A folder with .spec and .json files, in place of /etc/docker/plugins and /usr/lib/docker/plugins',
    },
  ],
  commands: [
    {
      use: 'plugins',
      summary: 'List the plugins of Docker that are found here, and what they are part of',
      details:
        'Plugins are found by their files as dockerd finds them, and are activated, as dockerd does at its start.',
      examples: ['plugins', 'plugins --sockets /tmp/plugins'],
      offline: true,
      async run(context) {
        const registry = await registryOf(context);
        const signal = endingSignal();
        const names = [...new Set(await registry.scan())].sort();
        await context.show(await Promise.all(names.map((name) => look(registry, name, signal))));
      },
    },
    {
      use: 'call [name] [method] [json]',
      summary: 'Call a method of a plugin, and show its answer',
      details: `NAME is that of the plugin, or its address: unix://PATH, tcp://HOST:PORT. Nothing is tried again, and what the plugin
refuses is an error. Without JSON the body is empty.`,
      examples: ['call volumes VolumeDriver.List', `call volumes VolumeDriver.Get '{"Name": "web"}'`],
      offline: true,
      check: takes([2, 3], '2 or 3 arguments'),
      async run(context) {
        const [name = '', method = '', json] = context.args;
        const { addressIn, PluginClient } = await import('../../../lib/docker/index.ts');
        const address = name.includes('://')
          ? { name, address: addressIn(name, 'name') }
          : await (await registryOf(context)).find(name);
        const args = json === undefined ? undefined : await readInput(json);
        const client = new PluginClient(address);
        const answer = await client.call(method, args, { retry: false, signal: endingSignal() });
        await context.show(refuse(answer, method));
      },
    },
  ],
};

async function registryOf(context: Context) {
  const { PluginRegistry } = await import('../../../lib/docker/index.ts');
  const [sockets, specs] = [context.given('sockets'), context.list('specs')];
  return new PluginRegistry({
    ...(sockets === undefined ? {} : { socketFolder: sockets }),
    ...(specs.length === 0 ? {} : { specFolders: specs }),
  });
}

type Registry = Awaited<ReturnType<typeof registryOf>>;

async function look(registry: Registry, name: string, signal: AbortSignal) {
  let found: { Name: string; Address?: string } = { Name: name };
  try {
    const { PluginClient } = await import('../../../lib/docker/index.ts');
    const address = await registry.find(name);
    found = { ...found, Address: address.address };
    const limits = { retry: false, timeoutMs: ACTIVATION_LIMIT_MS, signal };
    const answer = await new PluginClient(address).call('Plugin.Activate', undefined, limits);
    return { ...found, Implements: isObject(answer) ? (answer.Implements ?? []) : [] };
  } catch (error) {
    return { ...found, Error: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws ModelError 502 when an answer with success contains an error: `Err` or, from IPAM drivers, `Error`. */
function refuse(answer: unknown, method: string): unknown {
  const words = isObject(answer)
    ? answer.Err || (method.startsWith('IpamDriver.') && answer.Error)
    : undefined;
  if (typeof words === 'string' && words !== '') throw new ModelError(502, `${method}: ${words}`);
  return answer;
}
