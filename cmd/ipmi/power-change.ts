import { setTimeout as delay } from 'node:timers/promises';
import { abortError, BmcQueue, mayBeDone, refusal } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Driver, Request } from './driver.ts';
import { hostParam } from './host.ts';
import { numberParam, type ParamName, type Params } from './params.ts';

/** The power state in which each command must end. */
const AIMS: ReadonlyMap<string, 'on' | 'off'> = new Map([
  ['poweron', 'on'],
  ['poweroff', 'off'],
  ['powerreset', 'on'],
  ['powersoft', 'off'],
  ['powercycle', 'on'],
]);

const NOT_SEEN = 'the machine is on; it was not seen to be off';
/** Pauses before each poll but the first, in units of `pollMs`. The last one repeats. */
const PAUSES = [0.25, 0.5, 1] as const;
/**
 * How often a power-cycled machine is polled for being off. It should be off for at least a second (IPMI 2.0, 28.3).
 */
const LOOKS_FOR_OFF = 6;
/** A restarting BMC may refuse valid logins for a while. Stop before it locks the account. */
const MOST_REFUSED_LOGINS = 3;

const MOST_SECONDS = 3_600;
/** Used when the param is not set, as in calls that do not come from an endpoint. */
const WAIT_SECONDS = 60;

/** How many seconds to wait for a change of the power state; 0 means not at all. Throws ModelError 400. */
export function waitForPower(params: Params): number {
  return numberParam(params, 'ipmi/wait-for-power', MOST_SECONDS, WAIT_SECONDS);
}

interface PowerRules {
  /** The param with the BMC's port for this driver. */
  port: ParamName;
  /** Whether the machine must be seen off before it is on, given the result of the command. Default: no. */
  passesOff?: (said: unknown) => boolean;
  /** Unit of the pauses between polls, in ms. */
  pollMs?: number;
  /** How long in ms a change may wait for earlier changes. */
  waitLimitMs?: number;
}

/**
 * Wraps a driver whose power commands return when the BMC has accepted them: the result returns when the new state is
 * observed, with the same results. The first poll is immediate. Other requests to the BMC may run between the polls,
 * but changes of its power wait for each other. When the answer to the command was lost, as with BMCs that share their
 * network port with the machine, the observed state decides. Throws ModelError 504 when the state is not reached within
 * `ipmi/wait-for-power`.
 */
export function withPowerSeen(
  driver: Driver,
  { port, passesOff = () => false, pollMs = 1_000, waitLimitMs = 120_000 }: PowerRules,
): Driver {
  const turns = new BmcQueue({ maxChildren: 0, waitLimitMs });
  return {
    ...driver,
    run: async (request) => {
      const wanted = AIMS.get(request.command);
      const seconds = wanted === undefined ? 0 : waitForPower(request.params);
      if (wanted === undefined || seconds === 0) return driver.run(request);
      const name = `${hostParam(request.params)} ${numberParam(request.params, port, 65_535, 0)}`;
      return turns.withBmc(name, request.signal, async () => {
        const watch = new PowerWatch(driver, request, pollMs);
        const { said, lost } = await driver.run(request).then(
          (answer) => ({ said: answer, lost: undefined }),
          (error: unknown) => ({ said: undefined, lost: lostAnswer(error, request) }),
        );
        if (lost !== undefined) {
          const isCycle = request.command === 'powercycle';
          await watch.until(wanted, { passesOff: isCycle, seconds, lost });
          return `Chassis Power is ${wanted}\n`;
        }
        await watch.until(wanted, { passesOff: passesOff(said), seconds, said });
        return said;
      });
    },
  };
}

/** Returns the error if the command may have been carried out and its effect can be observed. Otherwise throws it. */
function lostAnswer(error: unknown, { command }: Request): ModelError {
  if (error instanceof ModelError && mayBeDone(error) && command !== 'powerreset') return error;
  throw error;
}

/** The state to wait for, and the time limit. */
interface Expected {
  passesOff: boolean;
  seconds: number;
  /** The result of the command. */
  said?: unknown;
  /** Why the command has no result. */
  lost?: ModelError;
}

/** Polls the power state of a BMC after a change. */
class PowerWatch {
  readonly #driver: Driver;
  readonly #request: Request;
  readonly #pollMs: number;
  #refusedLogins = 0;

  constructor(driver: Driver, request: Request, pollMs: number) {
    this.#driver = driver;
    // No retries inside of a poll: the next poll follows anyway.
    this.#request = { ...request, params: { ...request.params, 'ipmi/retry-time': 0 } };
    this.#pollMs = pollMs;
  }

  async until(wanted: 'on' | 'off', expected: Expected): Promise<void> {
    const { passesOff, seconds, lost } = expected;
    const end = performance.now() + seconds * 1000;
    let wasOff = false;
    for (let looks = 1; ; looks++) {
      const { state, problem } = await this.#look();
      if (state === 'off') wasOff = true;
      if (state === wanted && (!passesOff || wasOff)) return;
      if (state === wanted && (looks >= LOOKS_FOR_OFF || performance.now() >= end)) {
        if (lost !== undefined) throw refusal(lost.code, [...lost.messages, NOT_SEEN], lost.cause);
        this.#request.log.warn(`BMC ${this.#bmc}: the power cycle was taken, and ${NOT_SEEN}`);
        return;
      }
      if (performance.now() >= end) throw this.#failure(wanted, expected, { state, problem });
      await this.#pause((PAUSES[looks - 1] ?? 1) * this.#pollMs);
    }
  }

  /**
   * Reads the state once. No error is final before the time limit: a BMC may lose its network together with the
   * machine's power.
   */
  async #look(): Promise<{ state?: string; problem?: ModelError }> {
    try {
      return { state: await this.#driver.power(this.#request) };
    } catch (problem) {
      if (this.#request.signal.aborted || !(problem instanceof ModelError)) throw problem;
      if (problem.code === 403) this.#refusedLogins += 1;
      if (this.#refusedLogins >= MOST_REFUSED_LOGINS) throw problem;
      return { problem };
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#request;
    await delay(ms, undefined, { signal }).catch(() => {
      throw abortError(`BMC ${this.#bmc}`, signal);
    });
  }

  #failure(
    wanted: string,
    { seconds, said, lost }: Expected,
    { state, problem }: { state: string | undefined; problem: ModelError | undefined },
  ): ModelError {
    const now = state === undefined ? 'cannot be read' : `is ${state}, not ${wanted}`;
    return refusal(504, [
      `BMC ${this.#bmc}: the power ${now}, ${seconds} s after the command (ipmi/wait-for-power)`,
      ...(problem?.messages ?? []),
      ...(lost === undefined ? [`it said: ${String(said).trim()}`] : lost.messages),
      this.#request.command === 'powersoft'
        ? 'the operating system may still be at it, or not listen; poweroff does not ask it'
        : 'ask for powerstatus before the next try',
    ]);
  }

  get #bmc(): string {
    return hostParam(this.#request.params);
  }
}
