import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '../lib/api/index.ts';
import { startEndpoint } from '../lib/endpoint/index.ts';
import { ModelError, type PluginProvider } from '../lib/models/index.ts';
import { startBmc } from '../test/support/ipmi-simulator.ts';
import { nativeTarget } from './packaging/target.ts';

/**
 * Shows the built providers at work: under the development endpoint, through its REST API, against a simulated BMC.
 * Ends with code 1 when any result is not as it should be.
 */

const PROVIDERS = ['incrementer', 'ipmi'];
/** An address of loopback at which nothing listens. */
const NOBODY = '127.0.0.254';

const failures: string[] = [];

/** Does one step, and prints what it was, what came of it, and how long that took. */
async function step(what: string, work: () => Promise<unknown>, expected: RegExp): Promise<void> {
  const started = performance.now();
  let result: string;
  try {
    const value = await work();
    result = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  } catch (error) {
    result = error instanceof ModelError ? `${error.code} ${error.messages[0]}` : String(error);
  }
  const good = expected.test(result);
  if (!good) failures.push(`${what}: expected ${expected}, found ${result}`);
  const took = `${Math.round(performance.now() - started)} ms`;
  console.log(
    `  ${good ? 'ok  ' : 'BAD '} ${what.padEnd(34)} ${took.padStart(8)}   ${result.replaceAll('\n', ' | ')}`,
  );
}

await using cleanup = new AsyncDisposableStack();
const root = await mkdtemp(join(tmpdir(), 'drp-demo-'));
cleanup.defer(() => rm(root, { recursive: true, force: true }));
const plugins = join(root, 'plugins');
await mkdir(plugins);
const bmc = await startBmc({ address: '127.0.0.1' });
cleanup.defer(() => bmc.close());
console.log(`\nA simulated BMC (ipmi_sim) listens on ${bmc.address}, UDP port ${bmc.port}.`);

for (const name of PROVIDERS) await copyFile(join('bin', nativeTarget().name, name), join(plugins, name));
console.log(`${PROVIDERS.length} executables are in the plugins folder ${plugins}.`);
const endpoint = await startEndpoint({ root, port: 0, staticPort: 0 });
cleanup.defer(() => endpoint.close());
await endpoint.ready;
console.log(`The development endpoint serves ${endpoint.url}. It found these providers:\n`);
const api = new Client({ endpoint: endpoint.url, token: endpoint.token });
cleanup.defer(() => api.close());
for (const { Name, Version, AvailableActions } of await api
  .objects<PluginProvider>('plugin_providers')
  .list()) {
  const commands = (AvailableActions ?? []).map(({ Command }) => Command);
  console.log(
    `  ${Name} ${Version}: ${commands.slice(0, 8).join(', ')}${commands.length > 8 ? ', ...' : ''}`,
  );
}

console.log('\nPlugins:\n');
await step('ipmi starts by itself', () => state('ipmi'), /^started$/);
await step(
  'incrementer is created',
  () =>
    api
      .objects('plugins')
      .create({ Name: 'incr', Provider: 'incrementer' })
      .then(() => state('incr')),
  /^started$/,
);

const created = await api.objects('machines').create({ Name: 'demo.example.com' });
const uuid = String(created.Uuid);
const params = api.params('machines', uuid);
const set = async (values: Record<string, unknown>) => {
  for (const [name, value] of Object.entries(values)) await params.set(name, value);
};
await set({
  'ipmi/mode': 'ipmitool',
  'ipmi/address': bmc.address,
  'ipmi/port-ipmitool': bmc.port,
  'ipmi/username': bmc.username,
  'ipmi/password': bmc.password,
  'detected-bios-mode': 'legacy-bios',
});
const run = (command: string, values = {}) => api.actions('machines', uuid).run(command, values);
/** What the BMC itself says afterwards, by an ipmitool call that the plugin has no part in. A BMC may take a moment. */
const andPower = (command: string, power: 'on' | 'off') => async () => {
  const said = String(await run(command)).trim();
  let state = await bmc.power();
  for (let tries = 0; state !== power && tries < 50; tries += 1) {
    await pause(100);
    state = await bmc.power();
  }
  return `${said}; the BMC says ${state}`;
};

console.log('\nThe machine demo.example.com, by its BMC:\n');
await step('powerstatus', andPower('powerstatus', 'off'), /^Chassis Power is off; the BMC says off$/);
await step('poweron', andPower('poweron', 'on'), /^Chassis Power Control: Up\/On; the BMC says on$/);
await step('powerstatus', andPower('powerstatus', 'on'), /^Chassis Power is on; the BMC says on$/);
await step(
  'nextbootpxe',
  async () => `${String(await run('nextbootpxe')).trim()}; the BMC says ${await bmc.bootDevice()}`,
  /^Set Boot Device to pxe; the BMC says pxe$/,
);
await step(
  'identify',
  async () =>
    `${String(await run('identify', { 'ipmi/identify-duration': 7 })).trim()}; the BMC says ${await bmc.identifySeconds()} s`,
  /the BMC says 7 s$/,
);
await step('powercycle', andPower('powercycle', 'on'), /^Chassis Power Control: Cycle; the BMC says on$/);
await step('poweroff', andPower('poweroff', 'off'), /^Chassis Power Control: Down\/Off; the BMC says off$/);
await step(
  'poweron, with a wrong password',
  () => run('poweron', { 'ipmi/password': 'wrong' }),
  /^\d+ .*(password|credentials)/i,
);
await step(
  `poweron, at ${NOBODY}`,
  () => run('poweron', { 'ipmi/address': NOBODY }),
  /^\d+ .*(answer|unreachable|reach)/i,
);
await step('the BMC was left alone by both', () => bmc.power(), /^off$/);

console.log('\nCounting on the same machine:\n');
await step('increment', () => run('increment'), /^1$/);
await step('increment by 41', () => run('increment', { 'incrementer/step': 41 }), /^42$/);
await step('incrementer/touched', () => params.get('incrementer/touched'), /^2$/);
await step('reset_count', () => run('reset_count'), /^Success$/);
await step('incrstatus', () => api.systemActions().run('incrstatus'), /^Running$/);

if (failures.length > 0) {
  console.log(`\n${failures.length} results were not as they should be:\n  ${failures.join('\n  ')}`);
  process.exitCode = 1;
} else {
  console.log('\nAll results were as they should be.');
}

/** Whether a plugin runs, or what stands in its way. */
async function state(name: string): Promise<string> {
  const { PluginErrors } = await api.objects<{ PluginErrors: string[] | null }>('plugins').get(name);
  return PluginErrors === null || PluginErrors.length === 0 ? 'started' : PluginErrors.join('; ');
}
