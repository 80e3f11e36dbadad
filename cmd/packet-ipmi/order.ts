import { setTimeout as delay } from 'node:timers/promises';
import { ConflictError, type Machine, pointer } from '../../lib/api/index.ts';
import { ModelError, timestamp } from '../../lib/models/index.ts';
import { about, failure } from './failure.ts';
import { changeMachine, described, MACHINE_PLUGIN, tagOf, textParam } from './machine.ts';
import type { Order } from './metal/cloud.ts';
import { CloudError, isStatus } from './metal/cloud-error.ts';
import { type Device, isOnItsWayOut, isReady } from './metal/device.ts';
import type { Setup } from './setup.ts';

const ORDER_STARTED = 'packet/order-started';
const UUID = 'packet/uuid';
/** How often the intent to order is written anew when the machine's params change at the same time. */
const TRIES = 10;
/** How many orders may be given of which nobody knows what became. */
const MOST_UNCERTAIN = 3;

/** The cloud will not make a device of this machine. What there is of it, the machine included, is to be removed. */
export class OrderFailed extends ModelError {
  /** The device, if one was ordered. */
  readonly device: string | undefined;

  constructor({ code, messages }: ModelError, device: string | undefined) {
    super(code, messages, about);
    this.device = device;
  }
}

/** What is known of a machine when work on it begins. */
interface Intent {
  /** When the order was begun, by this process or an earlier one. */
  started: number;
  /** An earlier process began it: the cloud may have an order that nobody knows of. */
  resumed: boolean;
  device: string | undefined;
  name: string;
  /** Its params, those of its profiles included. */
  params: Readonly<Record<string, unknown>>;
}

/**
 * Makes a device of a machine: records in its params that it is about to, orders the device, records its UUID, follows it
 * until it is ready, and writes what it is to the machine. What an earlier process has done of this is not done again, so
 * that it may end anywhere. Returns the UUID of the device; undefined when the machine is not for this plugin.
 *
 * Throws OrderFailed; the endpoint's ModelError, 404 when the machine is gone; 504 when nobody can tell what became of
 * it. `signal` ends it, but not while the cloud takes the order: its answer is awaited and recorded.
 */
export async function orderDevice(
  setup: Setup,
  machine: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const intent = await setup.gate.run(() => intend(setup, machine, signal));
  if (intent === undefined || typeof intent === 'string') return intent;
  const { id, started } = await placeOrder(setup, machine, intent, signal);
  const device = await follow(setup, { id, started, project: projectFor(setup, intent.params) }, signal);
  const finish = (found: Readonly<Machine>): Machine => {
    const ready = described(found, device, setup.plugin);
    const Params = Object.entries(ready.Params ?? {}).filter(([param]) => param !== ORDER_STARTED);
    return { ...ready, Params: Object.fromEntries(Params) };
  };
  await setup.gate.run(() => changeMachine(setup, machine, finish, signal));
  setup.log.info(`Machine ${intent.name} (${machine}) is device ${id}`);
  return id;
}

/**
 * Records that a device is about to be ordered, unless it is recorded already. Returns the device's UUID when there is
 * nothing left to do.
 */
async function intend(
  setup: Setup,
  machine: string,
  signal: AbortSignal,
): Promise<Intent | string | undefined> {
  const { api, plugin, ledger } = setup;
  const access = api.params('machines', machine);
  for (let tries = 1; ; tries += 1) {
    const { Name: name } = await api.objects('machines').get(machine, { signal });
    const own = await access.all({ signal });
    const params = { ...(await access.all({ aggregate: true, signal })), ...own };
    if (textParam(params, MACHINE_PLUGIN) !== plugin) return undefined;
    const device = textParam(own, UUID);
    const recorded = Date.parse(textParam(own, ORDER_STARTED) ?? '');
    const resumed = !Number.isNaN(recorded);
    if (device !== undefined && !resumed) return device;
    // First, so that the device is deleted even when the machine is deleted while nobody looks.
    const known = device ?? (await ledger.get(machine, signal));
    if (known === undefined || known === device) await ledger.put(machine, device ?? '', signal);
    const intent = { resumed, device: known || undefined, name, params };
    if (resumed) return { ...intent, started: recorded };
    const started = timestamp();
    const values = {
      [MACHINE_PLUGIN]: plugin,
      'packet/project-id': projectFor(setup, params),
      [ORDER_STARTED]: started,
    };
    const operations = Object.entries(values).map(([param, value]) => ({
      op: 'add' as const,
      path: pointer(param),
      value,
    }));
    try {
      await access.patch([{ op: 'test', path: '', value: own }, ...operations], { signal });
      return { ...intent, started: Date.parse(started) };
    } catch (error) {
      if (!(error instanceof ConflictError) || tries >= TRIES) throw error;
    }
  }
}

function projectFor({ settings, projects }: Setup, params: Intent['params']): string {
  const project = textParam(params, 'packet/project-id') ?? settings.project ?? projects[0];
  if (project !== undefined) return project;
  const problem = 'packet/project-id: not set, and the key (packet/api-key) reaches no project';
  throw new OrderFailed(failure(400, problem), undefined);
}

function orderFor({ fileServer }: Setup, machine: string, { name, params }: Intent): Order {
  const script =
    textParam(params, 'packet/ipxe-script-url') ?? (fileServer ? `${fileServer}/default.ipxe` : undefined);
  if (script === undefined) {
    const problem = 'packet/ipxe-script-url: not set, and the endpoint has no file server (RS_FILESERVER)';
    throw new OrderFailed(failure(400, problem), undefined);
  }
  return {
    hostname: name,
    plan: textParam(params, 'packet/plan') ?? 'baremetal_0',
    facility: textParam(params, 'packet/facility') ?? 'ewr1',
    ipxeScriptUrl: script,
    alwaysPxe: params['packet/always-pxe'] !== false,
    tags: [tagOf(machine)],
  };
}

/** Orders the device, unless it is ordered already, and records which it is. */
async function placeOrder(
  setup: Setup,
  machine: string,
  intent: Intent,
  signal: AbortSignal,
): Promise<{ id: string; started: number }> {
  if (intent.device !== undefined) return { id: intent.device, started: intent.started };
  const { api, ledger, gate, log } = setup;
  const { device, started } = await new OrderDesk(setup, machine, intent, signal).device();
  log.info(`Device ${device.id} is ordered for machine ${intent.name} (${machine})`);
  // Not to be broken off: whoever comes after has to know of it.
  await gate.run(() => ledger.put(machine, device.id, setup.signal));
  signal.throwIfAborted();
  await gate.run(() => api.params('machines', machine).set(UUID, device.id, { signal }));
  return { id: device.id, started };
}

/** Gets one device from the cloud for one machine, whatever is known of an order that was given already. */
class OrderDesk {
  readonly #setup: Setup;
  readonly #machine: string;
  readonly #intent: Intent;
  readonly #signal: AbortSignal;
  readonly #project: string;
  readonly #deadline: number;
  /** There may be an order that got no answer. */
  #uncertain: boolean;
  /** Since when none has been given. */
  #quietSince = Date.now();
  #uncertainOrders = 0;
  #trouble = '';

  constructor(setup: Setup, machine: string, intent: Intent, signal: AbortSignal) {
    this.#setup = setup;
    this.#machine = machine;
    this.#intent = intent;
    this.#signal = signal;
    this.#project = projectFor(setup, intent.params);
    this.#deadline = Date.now() + setup.settings.readyTimeoutMs;
    this.#uncertain = intent.resumed;
  }

  async device(): Promise<{ device: Device; started: number }> {
    for (;;) {
      const late = Date.now() >= this.#deadline;
      let pause = this.#setup.settings.pollMs;
      try {
        const device = await this.#found();
        if (device !== undefined) return { device, started: this.#intent.started };
        if (!this.#uncertain) {
          if (late || this.#uncertainOrders >= MOST_UNCERTAIN) throw this.#givenUp();
          return await this.#order();
        }
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        if (!error.transient && !this.#uncertain) throw new OrderFailed(error, undefined);
        this.#note(error.messages.join('; '));
        // Nobody can say whether there is a device: nothing may be removed.
        if (late && this.#uncertain) throw failure(504, this.#trouble);
        pause = Math.max(pause, error.pauseMs);
      }
      await delay(pause, undefined, { signal: this.#signal });
    }
  }

  /** The device of an order that got no answer. */
  async #found(): Promise<Device | undefined> {
    if (!this.#uncertain) return undefined;
    const { cloud, settings } = this.#setup;
    const [device] = await cloud.devices(this.#project, this.#signal, tagOf(this.#machine));
    // An order that was under way when its connection broke has shown up by now, or never will.
    if (Date.now() - this.#quietSince >= settings.settleMs) this.#uncertain = false;
    return device;
  }

  async #order(): Promise<{ device: Device; started: number }> {
    const { cloud, api, signal: stopping } = this.#setup;
    const order = orderFor(this.#setup, this.#machine, this.#intent);
    let { started } = this.#intent;
    if (this.#intent.resumed) {
      started = Date.now();
      const params = api.params('machines', this.#machine);
      await params.set(ORDER_STARTED, timestamp(new Date(started)), { signal: this.#signal });
    }
    this.#signal.throwIfAborted();
    try {
      return { device: await cloud.order(this.#project, order, stopping), started };
    } catch (error) {
      if (error instanceof CloudError && error.uncertain) {
        this.#uncertain = true;
        this.#quietSince = Date.now();
        this.#uncertainOrders += 1;
      }
      throw error;
    }
  }

  #note(trouble: string): void {
    if (trouble !== this.#trouble) this.#setup.log.warn(`Machine ${this.#intent.name}: ${trouble}`);
    this.#trouble = trouble;
  }

  #givenUp(): OrderFailed {
    const why = this.#uncertainOrders >= MOST_UNCERTAIN ? 'orders got no answer' : 'time is up';
    return new OrderFailed(failure(504, `no device could be ordered, ${why}: ${this.#trouble}`), undefined);
  }
}

/** Asks for the device until a machine can be made of it. */
async function follow(
  setup: Setup,
  { id, started, project }: { id: string; started: number; project: string },
  signal: AbortSignal,
): Promise<Device> {
  const { cloud, settings } = setup;
  const deadline = started + settings.readyTimeoutMs;
  for (;;) {
    let device: Device | undefined;
    let trouble: CloudError | undefined;
    try {
      device = await cloud.device(id, signal);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      // A device that could not be provisioned is taken away, in times past by a 403.
      if (isStatus(error, 403, 404)) {
        // With the key of another account, everything is gone.
        if (!(await cloud.projects(signal)).some((other) => other.id === project)) {
          throw failure(404, `device ${id} is in project ${project}, which the key does not reach`);
        }
        throw new OrderFailed(failure(502, `device ${id} is gone: the cloud could not provision it`), id);
      }
      trouble = error;
    }
    if (device !== undefined && isReady(device)) return device;
    if (device !== undefined && isOnItsWayOut(device.state)) {
      throw new OrderFailed(failure(502, `device ${id} is ${device.state} at the cloud`), id);
    }
    if (Date.now() >= deadline) {
      const limit = `after ${settings.readyTimeoutMs / 1000} s (packet/ready-timeout)`;
      if (device !== undefined) {
        throw new OrderFailed(failure(504, `device ${id} is still ${device.state} ${limit}`), id);
      }
      throw failure(504, `device ${id} cannot be seen: ${trouble?.messages.join('; ')}`);
    }
    await delay(Math.max(settings.pollMs, trouble?.pauseMs ?? 0), undefined, { signal });
  }
}
