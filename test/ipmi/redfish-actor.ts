import { act } from '../../cmd/ipmi/act.ts';
import type { Driver, Request } from '../../cmd/ipmi/driver.ts';
import { type RedfishOptions as DriverOptions, redfishDriver } from '../../cmd/ipmi/redfish.ts';
import { type RedfishOptions, RedfishService } from '../support/redfish-service/index.ts';

/** Intervals with which tests do not wait for what is there. */
const SOON: DriverOptions = { pollMs: 5, offMs: 5, retryMs: 200, stallMs: 100 };

/** Calls actions in mode redfish, and keeps what is logged. */
export interface Actor {
  (command: string, params?: Record<string, unknown>, signal?: AbortSignal): Promise<unknown>;
  readonly lines: string[];
}

export function redfishMode(options: DriverOptions = {}): ReadonlyMap<string, Driver> {
  return new Map([['redfish', redfishDriver({ ...SOON, ...options })]]);
}

/** Calls actions as the wrapper does, with the params that reach a service. */
export function redfishActor(
  bmc: { address: string; port: number; username?: string; password?: string },
  modes = redfishMode(),
): Actor {
  const lines: string[] = [];
  const note = (message: string) => lines.push(message);
  const log = { info: note, warn: note } as unknown as Request['log'];
  const call = (
    command: string,
    params: Record<string, unknown> = {},
    signal = new AbortController().signal,
  ) =>
    act(modes, {
      plugin: 'ipmi',
      command,
      params: {
        'ipmi/mode': 'redfish',
        'ipmi/address': bmc.address,
        'ipmi/port-redfish': bmc.port,
        'ipmi/username': bmc.username ?? 'admin',
        'ipmi/password': bmc.password ?? 'redfish-pa55',
        'detected-bios-mode': 'uefi',
        ...params,
      },
      log,
      signal,
    });
  return Object.assign(call, { lines });
}

/** A service and an actor on it, for the time of `work`, which must leave no session and do nothing against the standard. */
export async function withRedfish(
  options: RedfishOptions,
  work: (act: Actor, service: RedfishService) => Promise<void>,
  driver: DriverOptions = {},
): Promise<void> {
  await using service = await RedfishService.start(options);
  await work(redfishActor(service, redfishMode(driver)), service);
  if (service.violations.length > 0)
    throw new Error(`against the standard: ${service.violations.join('; ')}`);
  if (service.sessions.open > 0) throw new Error(`${service.sessions.open} sessions were left open`);
}

/** The same for services that are not ready at first: on a slow machine, too, they are waited for. */
export function withPatience(
  options: RedfishOptions,
  work: (act: Actor, service: RedfishService) => Promise<void>,
): Promise<void> {
  return withRedfish(options, work, { retryMs: 60_000 });
}
