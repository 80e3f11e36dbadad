import { setTimeout as delay } from 'node:timers/promises';
import { abortError } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Driver } from './driver.ts';
import { hostParam } from './host.ts';
import { numberParam, type Params } from './params.ts';

/** How often a BMC is asked until it is away. */
const LOOKS_UNTIL_AWAY = 60;
/** A BMC that starts again may not know its users yet, but must not lock this one. */
const MOST_REFUSED_LOGINS = 3;
const MOST_SECONDS = 7_200;
/** BMCs take one minute to five. */
const WAIT_SECONDS = 600;

/** Seconds for which a BMC that restarts is waited for; 0: not at all. Throws ModelError 400. */
export function waitForBmc(params: Params): number {
  return numberParam(params, 'ipmi/wait-for-bmc', MOST_SECONDS, WAIT_SECONDS);
}

/** How a restart is seen. */
interface Restart {
  /** The BMC's name for people. */
  bmc: string;
  /** Asks the BMC something; throws ModelError while it is away. */
  ask(): Promise<void>;
  signal: AbortSignal;
  /** Between two looks, in ms. */
  pollMs: number;
  seconds: number;
  /** It is back; it has not been seen to be away. */
  warn(message: string): void;
}

/** Waits until a BMC that was told to restart was away and is back. Throws ModelError 504 when it does not come back in time. */
export async function untilRestarted(restart: Restart): Promise<void> {
  const { bmc, ask, signal, pollMs, seconds, warn } = restart;
  const end = performance.now() + seconds * 1000;
  let problem: ModelError | undefined;
  let refusedLogins = 0;
  for (let looks = 1; ; looks++) {
    const now = await problemOf(ask, signal);
    if (now === undefined && problem !== undefined) return;
    const isOver = performance.now() >= end;
    if (now === undefined && (isOver || looks >= LOOKS_UNTIL_AWAY)) {
      warn(`BMC ${bmc}: took the command to restart, and answers; it was not seen to be away`);
      return;
    }
    if (now?.code === 403 && ++refusedLogins === MOST_REFUSED_LOGINS) throw now;
    if (now !== undefined && isOver) {
      const about = `BMC ${bmc}: was told to restart, and is not back after ${seconds} s (ipmi/wait-for-bmc)`;
      throw new ModelError(504, [about, ...now.messages], { model: 'plugin', key: 'ipmi', type: 'rpc' });
    }
    problem ??= now;
    await delay(pollMs, undefined, { signal }).catch(() => {
      throw abortError(`BMC ${bmc}`, signal);
    });
  }
}

/** A driver whose `resetBmc` is answered when the BMC has taken it, as one that answers when the BMC is back. */
export function withBmcBack(driver: Driver, pollMs = 1_000): Driver {
  return {
    ...driver,
    run: async (request) => {
      const seconds = request.command === 'resetBmc' ? waitForBmc(request.params) : 0;
      const said = await driver.run(request);
      if (seconds === 0) return said;
      const { signal, log, params } = request;
      const question = { ...request, params: { ...params, 'ipmi/retry-time': 0 } };
      await untilRestarted({
        bmc: hostParam(params),
        ask: async () => {
          await driver.power(question);
        },
        signal,
        pollMs,
        seconds,
        warn: (message) => log.warn(message),
      });
      return said;
    },
  };
}

async function problemOf(ask: () => Promise<void>, signal: AbortSignal): Promise<ModelError | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof ModelError)) throw error;
    return error;
  }
}
