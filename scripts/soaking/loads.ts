import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from './endpoint-api.ts';
import { type Ledger, VALUE } from './ledger.ts';
import { type Scene, VICTIM } from './scene.ts';

/** Sends and counts a request. Returns its answer, if any. */
export type Call = (kind: string, method: string, path: string, body?: unknown) => Promise<Reply | undefined>;

/** Work that is repeated. */
export interface Load {
  /** The plugin that it is for; undefined for the endpoint itself. */
  plugin?: string;
  /** How many workers run it in parallel. */
  atOnce: number;
  /** Pause between repetitions in ms. */
  pauseMs: number;
  /** Runs it once. Both numbers count from 0. */
  once(worker: number, round: number, signal: AbortSignal): Promise<void>;
}

const COUNTED_MACHINES = 4;
/** How many machines of the churn exist at a time. */
const KEPT_MACHINES = 20;
const BOOT_COMMANDS = ['nextbootpxe', 'forcebootdisk', 'getBoot'];
const POWER_COMMANDS = ['powerstatus', 'poweron', 'poweroff', 'powerstatus', 'sensors', 'status'];
const VM_COMMANDS = ['poweroff', 'poweron', 'powercycle', 'nextbootpxe'];
const LOOK_MS = 200;
/** How often a device is polled; then it is deleted in any state. */
const LOOKS = 50;

/** The mixed load for all plugins. */
export async function makeLoads({ api, machines }: Scene, ledger: Ledger, call: Call): Promise<Load[]> {
  const counted: string[] = [];
  for (let index = 0; index < COUNTED_MACHINES; index += 1) {
    const name = `counted-${index}.example.com`;
    counted.push((await api.done<{ Uuid: string }>('POST', 'machines', { Name: name })).Uuid);
  }
  const increment = (plugin: string, param: string) => async (worker: number, round: number) => {
    const uuid = counted[(worker + round) % COUNTED_MACHINES] ?? '';
    const path = `machines/${uuid}/actions/increment?plugin=${plugin}`;
    const reply = await call(`${plugin}: increment`, 'POST', path, { 'incrementer/parameter': param });
    ledger.incremented(uuid, param, reply);
  };
  return [
    { plugin: 'incr', atOnce: 3, pauseMs: 10, once: increment('incr', 'soak/counted') },
    { plugin: VICTIM, atOnce: 2, pauseMs: 20, once: increment(VICTIM, 'soak/victim') },
    { plugin: 'incr', atOnce: 1, pauseMs: 10, once: status(call) },
    { plugin: 'ipmi', atOnce: 2, pauseMs: 50, once: power(machines.steady.uuid, 'steady BMC', call) },
    { plugin: 'ipmi', atOnce: 2, pauseMs: 50, once: power(machines.troubled.uuid, 'troubled BMC', call) },
    { plugin: 'slack', atOnce: 1, pauseMs: 1_000, once: post(call) },
    { plugin: 'cloud', atOnce: 1, pauseMs: 500, once: device(call) },
    { plugin: 'vms', atOnce: 1, pauseMs: 1_000, once: vm(call) },
    { atOnce: 1, pauseMs: 50, once: churn(ledger, call) },
  ];
}

function status(call: Call): Load['once'] {
  return async () => {
    await call('incr: incrstatus', 'POST', 'system/actions/incrstatus?plugin=incr', {});
  };
}

function power(uuid: string, name: string, call: Call): Load['once'] {
  return async (worker, round) => {
    const run = (command: string, params = {}) =>
      call(`ipmi: ${name}`, 'POST', `machines/${uuid}/actions/${command}?plugin=ipmi`, params);
    await run(POWER_COMMANDS[(worker + round) % POWER_COMMANDS.length] ?? '');
    if (round % 5 === 0) await run(BOOT_COMMANDS[(round / 5) % BOOT_COMMANDS.length] ?? '');
    if (round % 7 === 0) await run('powerstatus', { 'ipmi/password': 'wrong' });
  };
}

function post(call: Call): Load['once'] {
  return async (_worker, round) => {
    const message = { 'slack/message': `Message ${round} of the soak` };
    await call('slack: slackPost', 'POST', 'system/actions/slackPost?plugin=slack', message);
  };
}

/** A machine that gets a device, is power-switched, and is deleted. */
function device(call: Call): Load['once'] {
  return async (_worker, round, signal) => {
    const made = await call('cloud: machines', 'POST', 'machines', {
      Name: `device-${round}.example.com`,
      Params: { 'machine-plugin': 'cloud' },
    });
    const uuid = uuidIn(made);
    if (uuid === undefined) return;
    const isDevice = async () => {
      const found = await call('cloud: machines', 'GET', `machines/${uuid}`);
      return 'packet/uuid' in paramsIn(found);
    };
    for (let looks = 0; looks < LOOKS && !signal.aborted && !(await isDevice()); looks += 1) {
      await pause(LOOK_MS);
    }
    for (const command of ['poweroff', 'poweron', 'nextbootpxe']) {
      await call(`cloud: ${command}`, 'POST', `machines/${uuid}/actions/${command}?plugin=cloud`, {});
    }
    await call('cloud: machines', 'DELETE', `machines/${uuid}`);
  };
}

/** A VM that is power-switched, and sometimes recreated. */
function vm(call: Call): Load['once'] {
  let uuid: string | undefined;
  return async (_worker, round) => {
    if (uuid === undefined) {
      const made = await call('vms: machines', 'POST', 'machines', {
        Name: `vm-${round}.example.com`,
        Params: { 'machine-plugin': 'vms' },
      });
      uuid = uuidIn(made);
      return;
    }
    const command = VM_COMMANDS[round % VM_COMMANDS.length] ?? '';
    await call('vms: power and boot', 'POST', `machines/${uuid}/actions/${command}?plugin=vms`, {});
    if (round % 20 !== 19) return;
    await call('vms: machines', 'DELETE', `machines/${uuid}`);
    uuid = undefined;
  };
}

/** Machines that are created, changed and deleted. Each change causes events for all plugins. */
function churn(ledger: Ledger, call: Call): Load['once'] {
  const kept: string[] = [];
  return async (_worker, round) => {
    const name = `churn-${round}.example.com`;
    const made = await call('machines', 'POST', 'machines', { Name: name, Params: { [VALUE]: 0 } });
    const uuid = uuidIn(made);
    if (uuid === undefined) return;
    ledger.changed(uuid, { value: 0 }, made);
    const value = round + 1;
    const set = await call('machines', 'POST', `machines/${uuid}/params/${VALUE}`, value);
    ledger.changed(uuid, { value }, set);
    kept.push(uuid);
    const oldest = kept.length > KEPT_MACHINES ? kept.shift() : undefined;
    if (oldest === undefined) return;
    ledger.changed(oldest, 'gone', await call('machines', 'DELETE', `machines/${oldest}`));
  };
}

function uuidIn(reply: Reply | undefined): string | undefined {
  return reply !== undefined && reply.status < 300 ? (reply.json as { Uuid?: string }).Uuid : undefined;
}

function paramsIn(reply: Reply | undefined): object {
  return (reply?.json as { Params?: object } | undefined)?.Params ?? {};
}
