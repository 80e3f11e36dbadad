import { setTimeout as pause } from 'node:timers/promises';
import type { PluginProvider } from '../../../lib/models/index.ts';
import { showRules } from './endpoint-rules.ts';
import { bmcParams } from './ipmi-simulator.ts';
import type { Stage } from './stage.ts';
import { pluginErrors, startPlugin } from './start-plugin.ts';
import type { Steps } from './steps.ts';
import { showWorkflow } from './workflow.ts';

/** The machine of the demo. */
export const MACHINE = 'demo.example.com';
/** A loopback address where nothing listens. */
const NOBODY = '127.0.0.254';
/** How often the BMC is polled for the effect of a command. */
const POWER_TRIES = 50;
const POWER_STEP_MS = 100;

/** Runs an operator's actions, and checks the result at the BMC itself. */
export async function perform({ api, bmc }: Stage, steps: Steps, signal: AbortSignal): Promise<void> {
  const providers = await api.objects<PluginProvider>('plugin_providers').list({ signal });
  for (const { Name, Version, AvailableActions } of providers) {
    const commands = (AvailableActions ?? []).map(({ Command }) => Command);
    await steps.remark(
      `${Name} ${Version}: ${commands.slice(0, 8).join(', ')}${commands.length > 8 ? ', ...' : ''}`,
    );
  }

  await steps.title('Plugins:');
  await steps.step(
    'ipmi starts by itself',
    async () => pluginErrors(await api.objects('plugins').get('ipmi', { signal })) || 'started',
    /^started$/,
  );
  const incr = { Name: 'incr', Provider: 'incrementer' };
  await steps.step('incrementer is created', () => startPlugin(api, incr, signal), /^started$/);

  const { Uuid: uuid } = await api.objects('machines').create({ Name: MACHINE }, { signal });
  const params = api.params('machines', uuid);
  const { 'ipmi/password': password, ...values } = bmcParams(bmc);
  for (const [name, value] of Object.entries({ ...values, 'detected-bios-mode': 'legacy-bios' })) {
    await params.set(name, value, { signal });
  }
  const run = (command: string, given = {}) => api.actions('machines', uuid).run(command, given, { signal });
  /** Appends the power state from a separate ipmitool call. */
  const andPower = (command: string, power: 'on' | 'off') => async () => {
    const said = String(await run(command)).trim();
    let found = await bmc.power();
    for (let tries = 0; found !== power && tries < POWER_TRIES; tries += 1) {
      await pause(POWER_STEP_MS, undefined, { signal });
      found = await bmc.power();
    }
    return `${said}; the BMC says ${found}`;
  };

  await steps.title(`The machine ${MACHINE}, by its BMC:`);
  await steps.step(
    'ipmi/password is set',
    async () => {
      await params.setSecure('ipmi/password', password, { signal });
      const stored = await params.get('ipmi/password', { signal });
      return `sealed with the machine's public key: ${Object.keys(Object(stored)).join(', ')}`;
    },
    /: Key, Nonce, Payload$/,
  );
  await steps.step('powerstatus', andPower('powerstatus', 'off'), /^Chassis Power is off; the BMC says off$/);
  await steps.step('poweron', andPower('poweron', 'on'), /^Chassis Power Control: Up\/On; the BMC says on$/);
  await steps.step('powerstatus', andPower('powerstatus', 'on'), /^Chassis Power is on; the BMC says on$/);
  await steps.step(
    'nextbootpxe',
    async () => `${String(await run('nextbootpxe')).trim()}; the BMC says ${await bmc.bootDevice()}`,
    /^Set Boot Device to pxe; the BMC says pxe$/,
  );
  await steps.step(
    'identify',
    async () =>
      `${String(await run('identify', { 'ipmi/identify-duration': 7 })).trim()}; the BMC says ${await bmc.identifySeconds()} s`,
    /the BMC says 7 s$/,
  );
  await steps.step(
    'powercycle',
    andPower('powercycle', 'on'),
    /^Chassis Power Control: Cycle; the BMC says on$/,
  );
  await steps.step(
    'poweroff',
    andPower('poweroff', 'off'),
    /^Chassis Power Control: Down\/Off; the BMC says off$/,
  );
  await steps.step(
    'poweron, with a wrong password',
    () => run('poweron', { 'ipmi/password': 'wrong' }),
    /^\d+ .*(password|credentials)/i,
  );
  await steps.step(
    `poweron, at ${NOBODY}`,
    () => run('poweron', { 'ipmi/address': NOBODY }),
    /^\d+ .*(answer|unreachable|reach)/i,
  );
  await steps.step('the BMC was left alone by both', () => bmc.power(), /^off$/);

  await steps.title('Counting on the same machine:');
  await steps.step('increment', () => run('increment'), /^1$/);
  await steps.step('increment by 41', () => run('increment', { 'incrementer/step': 41 }), /^42$/);
  await steps.step('incrementer/touched', () => params.get('incrementer/touched', { signal }), /^2$/);
  await steps.step('reset_count', () => run('reset_count'), /^Success$/);
  await steps.step('incrstatus', () => api.systemActions().run('incrstatus', {}, { signal }), /^Running$/);

  await showWorkflow(api, uuid, steps, signal);
  await showRules(api, uuid, steps, signal);
}
