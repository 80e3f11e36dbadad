import { setTimeout as delay } from 'node:timers/promises';
import { timestamp } from '../../lib/models/index.ts';
import { failure } from './failure.ts';
import { type Intent, projectFor } from './intent.ts';
import { ORDER_STARTED, tagOf, textParam } from './machine.ts';
import type { Order } from './metal/cloud.ts';
import { CloudError } from './metal/cloud-error.ts';
import type { Device } from './metal/device.ts';
import { OrderFailed } from './order-failed.ts';
import type { Setup } from './setup.ts';

/** How many orders with an unknown outcome may exist. */
const MOST_UNCERTAIN = 3;

/** Orders a device for a machine, taking into account earlier orders with an unknown outcome. */
export class OrderDesk {
  readonly #setup: Setup;
  readonly #machine: string;
  readonly #intent: Intent;
  readonly #signal: AbortSignal;
  readonly #project: string;
  readonly #deadline: number;
  /** Whether there may be an order that was not answered. */
  #uncertain: boolean;
  /** When the last order was sent. */
  #quietSince = performance.now();
  #uncertainOrders = 0;
  #trouble = '';

  constructor(setup: Setup, machine: string, intent: Intent, signal: AbortSignal) {
    this.#setup = setup;
    this.#machine = machine;
    this.#intent = intent;
    this.#signal = signal;
    this.#project = projectFor(setup, intent.params);
    this.#deadline = performance.now() + setup.settings.readyTimeoutMs;
    this.#uncertain = intent.resumed;
  }

  async device(): Promise<{ device: Device; started: number }> {
    for (;;) {
      const late = performance.now() >= this.#deadline;
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
        // It is unknown whether there is a device, so nothing may be removed.
        if (late && this.#uncertain) throw failure(504, this.#trouble);
        pause = Math.max(pause, error.pauseMs);
      }
      await delay(pause, undefined, { signal: this.#signal });
    }
  }

  /** The device of an unanswered order. */
  async #found(): Promise<Device | undefined> {
    if (!this.#uncertain) return undefined;
    const { cloud, settings } = this.#setup;
    const [device] = await cloud.devices(this.#project, this.#signal, tagOf(this.#machine));
    // By now an unanswered order has appeared in the list, or does not exist.
    if (performance.now() - this.#quietSince >= settings.settleMs) this.#uncertain = false;
    return device;
  }

  async #order(): Promise<{ device: Device; started: number }> {
    const { cloud, api, signal: stopping } = this.#setup;
    const order = orderFor(this.#setup, this.#machine, this.#intent);
    let { started } = this.#intent;
    if (this.#intent.resumed) {
      started = performance.now();
      const params = api.params('machines', this.#machine);
      await params.set(ORDER_STARTED, timestamp(), { signal: this.#signal });
    }
    this.#signal.throwIfAborted();
    try {
      return { device: await cloud.order(this.#project, order, stopping), started };
    } catch (error) {
      if (error instanceof CloudError && error.uncertain) {
        this.#uncertain = true;
        this.#quietSince = performance.now();
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
