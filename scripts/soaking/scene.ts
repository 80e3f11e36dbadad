import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { COMMUNITY_CONTENT } from '../../cmd/drpkit/demo/community-content.ts';
import { bmcParams, type SimulatedBmc, startBmc } from '../../cmd/drpkit/demo/ipmi-simulator.ts';
import { VirtualBox } from '../../test/support/fake-vboxmanage/index.ts';
import { MetalService } from '../../test/support/metal-service/index.ts';
import { SlackService } from '../../test/support/slack-service/index.ts';
import type { Scratch } from '../measuring/scratch.ts';
import { EndpointApi } from './endpoint-api.ts';
import { EndpointProcess } from './endpoint-process.ts';

/** The plugin that faults kill. */
export const VICTIM = 'victim';
/** The plugin that the endpoint creates by autoStart. */
const AUTOMATIC = 'ipmi';

const SLACK_TOKEN = 'xoxb-0000-the-bot-of-the-soak';
const METAL_KEY = 'the-key-of-the-soak';
const START_LIMIT_MS = 180_000;
const LOOK_MS = 100;

interface PluginObject {
  Name: string;
  Provider: string;
  Params?: Record<string, unknown>;
  /** Secret params, set after the creation. */
  secrets?: Record<string, unknown>;
  /** Path of an action that exists when the plugin runs. */
  sign: string;
}

/** A simulated BMC, and the UUID of its machine. */
export interface BmcMachine {
  bmc: SimulatedBmc;
  uuid: string;
}

/** An endpoint with plugins of all providers, and their machines and stand-ins. Disposing of it ends everything. */
export interface Scene extends AsyncDisposable {
  readonly endpoint: EndpointProcess;
  readonly api: EndpointApi;
  /** Names of the running plugins. */
  readonly plugins: ReadonlySet<string>;
  /** One is left alone, the other gets faults. */
  readonly machines: { steady: BmcMachine; troubled: BmcMachine };
  readonly slack: SlackService;
  readonly cloud: MetalService;
  /** Kills the endpoint with its children, and restarts it in the same folder. */
  restart(): Promise<void>;
}

/** Starts everything. Throws an Error when a plugin does not start. */
export async function openScene(scratch: Scratch, providers: ReadonlyMap<string, string>): Promise<Scene> {
  await using cleanup = new AsyncDisposableStack();
  const slack = cleanup.use(await SlackService.start());
  slack.addChannel({ name: 'soak', members: [slack.addBot({ token: SLACK_TOKEN })] });
  const cloud = cleanup.use(await MetalService.start({ key: METAL_KEY }));
  const box = cleanup.use(await VirtualBox.open());
  const [steady, troubled] = await Promise.all([startBmc(), startBmc()]);
  for (const bmc of [steady, troubled]) cleanup.defer(() => bmc.close());

  const root = join(scratch.folder, 'endpoint');
  await mkdir(join(root, 'plugins'), { recursive: true });
  for (const [name, file] of providers) await symlink(file, join(root, 'plugins', name));
  let endpoint = await EndpointProcess.start(scratch, { root, port: 0, env: box.env });
  cleanup.defer(() => endpoint.close());
  const api = cleanup.use(await EndpointApi.login(endpoint.url, endpoint.user, endpoint.password));

  const machines = {
    steady: { bmc: steady, uuid: await makeMachine(api, 'steady', steady) },
    troubled: { bmc: troubled, uuid: await makeMachine(api, 'troubled', troubled) },
  };
  const wanted = pluginObjects({ slack, cloud, user: box.user, uuid: machines.steady.uuid }).filter(
    ({ Provider }) => providers.has(Provider),
  );
  await api.done('POST', 'contents', COMMUNITY_CONTENT);
  const names = [...providers.keys()];
  await allKnown(api, names);
  for (const { sign: _, secrets = {}, ...plugin } of wanted) {
    if (plugin.Name !== AUTOMATIC) await api.done('POST', 'plugins', plugin);
    for (const [param, value] of Object.entries(secrets)) {
      await api.setSecret(`plugins/${plugin.Name}`, param, value);
    }
  }
  await allRunning(api, wanted);

  const open = cleanup.move();
  return {
    get endpoint() {
      return endpoint;
    },
    api,
    plugins: new Set(wanted.map(({ Name }) => Name)),
    machines,
    slack,
    cloud,
    restart: async () => {
      const { port } = endpoint;
      await endpoint.kill();
      api.reconnect();
      endpoint = await EndpointProcess.start(scratch, { root, port, env: box.env });
      await allRunning(api, wanted);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function makeMachine(api: EndpointApi, name: string, bmc: SimulatedBmc): Promise<string> {
  const { 'ipmi/password': password, ...params } = bmcParams(bmc);
  const { Uuid } = await api.done<{ Uuid: string }>('POST', 'machines', {
    Name: `${name}.example.com`,
    Params: { ...params, 'detected-bios-mode': 'uefi' },
  });
  await api.setSecret(`machines/${Uuid}`, 'ipmi/password', password);
  return Uuid;
}

function pluginObjects(given: {
  slack: SlackService;
  cloud: MetalService;
  /** The user who runs vboxmanage. */
  user: string;
  /** UUID of a machine with a BMC. */
  uuid: string;
}): PluginObject[] {
  return [
    { Name: 'incr', Provider: 'incrementer', sign: 'system/actions/incrstatus' },
    { Name: VICTIM, Provider: 'incrementer', sign: 'system/actions/incrstatus' },
    { Name: AUTOMATIC, Provider: 'ipmi', sign: `machines/${given.uuid}/actions/powerstatus` },
    {
      Name: 'slack',
      Provider: 'slack',
      Params: { 'slack/api-url': given.slack.url },
      secrets: { 'slack/bot-key': SLACK_TOKEN },
      sign: 'system/actions/slackPost',
    },
    {
      Name: 'cloud',
      Provider: 'packet-ipmi',
      Params: { 'packet/api-url': given.cloud.url, 'packet/poll-interval': 0.2 },
      secrets: { 'packet/api-key': METAL_KEY },
      sign: 'plugins/cloud/actions/createVm',
    },
    {
      Name: 'vms',
      Provider: 'virtualbox-ipmi',
      Params: { 'virtualbox/user': given.user },
      sign: 'plugins/vms/actions/createVm',
    },
  ];
}

/** Waits until the endpoint has discovered all providers. */
async function allKnown(api: EndpointApi, names: readonly string[]): Promise<void> {
  await until(async () => {
    const known = await api.done<{ Name: string }[]>('GET', 'plugin_providers');
    return names
      .filter((name) => !known.some(({ Name }) => Name === name))
      .map((name) => `provider ${name} is not found`);
  });
}

/** Waits until all plugins are configured. */
async function allRunning(api: EndpointApi, wanted: readonly PluginObject[]): Promise<void> {
  await until(async () => {
    const problems = await Promise.all(wanted.map((plugin) => whyNotRunning(api, plugin)));
    return problems.filter((problem) => problem !== undefined);
  });
}

async function whyNotRunning(api: EndpointApi, { Name, sign }: PluginObject): Promise<string | undefined> {
  // An action with a missing param is listed as well.
  const { status } = await api.call('GET', `${sign}?plugin=${Name}`);
  if (status !== 404) return undefined;
  const { json } = await api.call('GET', `plugins/${Name}`);
  const errors = (json as { PluginErrors?: string[] | null } | undefined)?.PluginErrors ?? [];
  return `plugin ${Name} does not run: ${errors.join('; ')}`;
}

/** Polls until there are no problems. Throws an Error with the problems after the time limit. */
async function until(problems: () => Promise<string[]>): Promise<void> {
  const end = performance.now() + START_LIMIT_MS;
  for (let found = await problems(); found.length > 0; found = await problems()) {
    if (performance.now() > end) throw new Error(found.join('\n'));
    await pause(LOOK_MS);
  }
}
