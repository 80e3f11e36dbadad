import { setTimeout as delay } from 'node:timers/promises';
import { abortError } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Driver } from './driver.ts';
import { hostParam } from './host.ts';
import { numberParam, type Params } from './params.ts';

/** How often a BMC is polled until it stops answering. */
const LOOKS_UNTIL_AWAY = 60;
/** A restarting BMC may refuse valid logins for a while. Stop before it locks the account. */
const MOST_REFUSED_LOGINS = 3;
const MOST_SECONDS = 7_200;
/** BMCs take one to five minutes. */
const WAIT_SECONDS = 600;

/** How many seconds to wait for a restarting BMC; 0 means not at all. Throws ModelError 400. */
export function waitForBmc(params: Params): number {
  return numberParam(params, 'ipmi/wait-for-bmc', MOST_SECONDS, WAIT_SECONDS);
}

/** How to observe a restart. */
interface Restart {
  /** Name of the BMC in errors. */
  bmc: string;
  /** Sends the BMC a harmless request. Throws ModelError while it does not answer. */
  ask(): Promise<void>;
  signal: AbortSignal;
  /** Pause between two requests, in ms. */
  pollMs: number;
  seconds: number;
  /** Called when the BMC answers but was never seen to be away. */
  warn(message: string): void;
}

/**
 * Waits until a BMC that was told to restart has stopped answering and answers again. Throws ModelError 504 when it
 * does not come back in time.
 */
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

/**
 * Wraps a driver whose `resetBmc` returns when the BMC has accepted the command: the result returns when the BMC is
 * back.
 */
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
