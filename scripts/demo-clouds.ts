import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { COMMUNITY_CONTENT } from '../cmd/drpkit/demo/community-content.ts';
import { startPlugin } from '../cmd/drpkit/demo/start-plugin.ts';
import { Steps } from '../cmd/drpkit/demo/steps.ts';
import { Client, type Machine } from '../lib/api/index.ts';
import { startEndpoint } from '../lib/endpoint/index.ts';
import type { RawModel } from '../lib/models/index.ts';
import { VirtualBox } from '../test/support/fake-vboxmanage/index.ts';
import { MetalService } from '../test/support/metal-service/index.ts';
import { SlackService } from '../test/support/slack-service/index.ts';
import { nativeTarget } from './packaging/target.ts';

/**
 * The second part of the demo: the providers for services that are not available here, each with the stand-in from the
 * tests, under one development endpoint. Exits with code 1 when any result is unexpected.
 */

const PROVIDERS = ['slack', 'packet-ipmi', 'virtualbox-ipmi'];
const TRIES = 300;
const STEP_MS = 100;

/** Polls until the answer fits, and returns the last one. */
async function settled<T>(ask: () => T | Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  for (let tries = 0; !fits(answer) && tries < TRIES; tries += 1) {
    await pause(STEP_MS);
    answer = await ask();
  }
  return answer;
}

async function main(): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'drp-demo-'));
  cleanup.defer(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'plugins'));
  for (const name of PROVIDERS) {
    await copyFile(join('bin', nativeTarget().name, name), join(root, 'plugins', name));
  }
  const slack = cleanup.use(await SlackService.start());
  const metal = cleanup.use(await MetalService.start());
  const virtualBox = cleanup.use(await VirtualBox.open());
  // Plugins inherit the endpoint's environment.
  Object.assign(process.env, virtualBox.env);
  const bot = slack.addBot({ token: 'xoxb-of-the-demo' });
  slack.addChannel({ name: 'ops', members: [bot] });

  console.log(
    '\nStand-ins for Slack, a Metal cloud and VirtualBox run; in the plugins folder are slack, packet-ipmi, virtualbox-ipmi.',
  );
  const endpoint = await startEndpoint({ root, port: 0, staticPort: 0 });
  cleanup.defer(() => endpoint.close());
  await endpoint.ready;
  const api = new Client({ endpoint: endpoint.url, token: endpoint.token });
  cleanup.defer(() => api.close());

  const never = new AbortController().signal;
  const steps = new Steps(async (line) => console.log(line), never);
  const plugin = (Name: string, Params: RawModel, secrets: RawModel = {}) =>
    startPlugin(api, { Name, Provider: Name, Params, secrets }, never);
  const machine = (Name: string, manager: string): Promise<Machine> =>
    api.objects('machines').create({ Name, Params: { 'machine-plugin': manager } });
  const param = (of: Machine, name: string) => api.params('machines', of.Uuid).get(name);
  const run = (on: Machine, command: string) => api.actions('machines', on.Uuid).run(command);

  await steps.title('Providers are loaded when the content packs are there that they require:');
  const providers = async () => {
    const names = (await api.objects('plugin_providers').list()).map(({ Name }) => Name);
    return names.join(', ');
  };
  await steps.step('the providers', providers, /^slack$/);
  await steps.step(
    COMMUNITY_CONTENT.meta.Name,
    async () => `${(await api.contents().create(COMMUNITY_CONTENT)).meta.Description} (loaded)`,
    /^Stand-in/,
  );
  await steps.step(
    'the providers now',
    () => settled(providers, (found) => found.includes('packet-ipmi')),
    /^packet-ipmi, slack, virtualbox-ipmi$/,
  );

  await steps.title('slack, in the channel #ops:');
  await steps.step(
    'slack is created',
    () => plugin('slack', { 'slack/api-url': slack.url }, { 'slack/bot-key': bot.token }),
    /^started$/,
  );
  await steps.step(
    'slackPost',
    () => api.systemActions().run('slackPost', { 'slack/message': 'Hello from the demo' }),
    /"posted":\[\{/,
  );
  await steps.step(
    'the channel has the message',
    () =>
      settled(
        async () => String(slack.in('ops').some(({ text }) => text.includes('Hello from the demo'))),
        (found) => found === 'true',
      ),
    /^true$/,
  );

  await steps.title('packet-ipmi: a machine that is made at the endpoint becomes a device:');
  await steps.step(
    'packet-ipmi is created',
    () =>
      plugin(
        'packet-ipmi',
        { 'packet/api-url': metal.url, 'packet/poll-interval': 0.1 },
        { 'packet/api-key': metal.key },
      ),
    /^started$/,
  );
  const device = await machine('device.example.com', 'packet-ipmi');
  await steps.step(
    'its device',
    () =>
      settled(
        async () => String(await param(device, 'packet/uuid')),
        (uuid) => uuid !== 'undefined',
      ),
    /^[0-9a-f-]{36}$/,
  );
  await steps.step('poweroff', () => run(device, 'poweroff'), /./);

  await steps.title('virtualbox-ipmi: a machine that is made at the endpoint becomes a VM:');
  await steps.step(
    'virtualbox-ipmi is created',
    () => plugin('virtualbox-ipmi', { 'virtualbox/user': virtualBox.user }),
    /^started$/,
  );
  const vm = await machine('vm1', 'virtualbox-ipmi');
  const state = () => virtualBox.vm('vm1')?.state ?? 'none';
  await steps.step(
    'its VM',
    () =>
      settled(
        async () => state(),
        (found) => found === 'running',
      ),
    /^running$/,
  );
  await steps.step(
    'poweroff',
    async () => `${await run(vm, 'poweroff')}; VirtualBox says ${state()}`,
    /VirtualBox says poweroff$/,
  );

  console.log(steps.summary());
  if (steps.failed) process.exitCode = 1;
}

await main();
