import { type Call, mayBeDone } from '../../../lib/ipmi/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Request } from '../driver.ts';
import { unreadable, type Work } from './work.ts';

/** HTTP code of a BMC's "not supported in present state". */
const WRONG_STATE = 409;

export async function powerState(call: Call, request: Request): Promise<string> {
  const { stdout } = await call(['chassis', 'power', 'status']);
  const state = /Chassis Power is (\S+)/.exec(stdout)?.[1];
  if (state === undefined) throw unreadable('power state', stdout, request);
  return state;
}

/**
 * Some BMCs refuse to change to the state that they are in; the state is the result then. When it is unclear whether
 * the command was carried out, the state decides, and the command is repeated if it was not.
 */
export function powerTo(state: 'on' | 'off'): Work {
  return async (call) => {
    const command = ['chassis', 'power', state];
    try {
      return (await call(command, { once: true })).stdout;
    } catch (error) {
      if (!isWrongState(error) && !mayBeDone(error)) throw error;
      const status = await call(['chassis', 'power', 'status']).catch(() => undefined);
      if (status?.stdout.trim() === `Chassis Power is ${state}`) return status.stdout;
      if (status === undefined || !mayBeDone(error)) throw error;
      return (await call(command, { once: true })).stdout;
    }
  };
}

/** A chassis that is off cannot be power-cycled (IPMI 2.0 section 28.3), so it is switched on. */
export async function powerCycle(call: Call): Promise<string> {
  try {
    return (await call(['chassis', 'power', 'cycle'], { once: true })).stdout;
  } catch (error) {
    if (!isWrongState(error)) throw error;
    return (await call(['chassis', 'power', 'on'])).stdout;
  }
}

function isWrongState(error: unknown): boolean {
  return error instanceof ModelError && error.code === WRONG_STATE;
}
