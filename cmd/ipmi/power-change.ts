import { setTimeout as delay } from 'node:timers/promises';
import { abortError, BmcQueue, mayBeDone, refusal } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Driver, Request } from './driver.ts';
import { hostParam } from './host.ts';
import { numberParam, type ParamName, type Params } from './params.ts';

/** How the power is once an action is done. */
const AIMS: ReadonlyMap<string, 'on' | 'off'> = new Map([
  ['poweron', 'on'],
  ['poweroff', 'off'],
  ['powerreset', 'on'],
  ['powersoft', 'off'],
  ['powercycle', 'on'],
]);

const NOT_SEEN = 'the machine is on; it was not seen to be off';
/** Before each look but the first, in units of `pollMs`; the last one goes on. */
const PAUSES = [0.25, 0.5, 1] as const;
/** How often a machine that is cycled is looked at for being off. It should be so for a second at least (IPMI 2.0, 28.3). */
const LOOKS_FOR_OFF = 6;
/** A BMC that starts again may not know its users yet, but must not lock this one. */
const MOST_REFUSED_LOGINS = 3;

const MOST_SECONDS = 3_600;
/** When the param is not set, as in calls from outside of an endpoint. */
const WAIT_SECONDS = 60;

/** Seconds for which a change of the power is waited for; 0: not at all. Throws ModelError 400. */
export function waitForPower(params: Params): number {
  return numberParam(params, 'ipmi/wait-for-power', MOST_SECONDS, WAIT_SECONDS);
}

interface PowerRules {
  /** The param with the port at which the driver finds the BMC. */
  port: ParamName;
  /** Whether the machine is to be seen off before it is on, by what was said of the change; it never is unless given. */
  passesOff?: (said: unknown) => boolean;
  /** Between two looks. */
  pollMs?: number;
  /** How long a change may wait for earlier ones. */
  waitLimitMs?: number;
}

/**
 * A driver that answers to changes of the power once the BMC has taken them, as one that answers once they are to be
 * seen, with the same results. The first look comes at once, and others may talk to the BMC between the looks; changes of
 * its power wait for each other. Where the answer to the command was lost, as with BMCs that share their network with the
 * machine, what is to be seen counts. Its errors are 504 when the state is not reached within `ipmi/wait-for-power`.
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

/** The error of a command that may have been carried out all the same, and leaves traces. Throws it otherwise. */
function lostAnswer(error: unknown, { command }: Request): ModelError {
  if (error instanceof ModelError && mayBeDone(error) && command !== 'powerreset') return error;
  throw error;
}

/** What is waited for, and for how long. */
interface Expected {
  passesOff: boolean;
  seconds: number;
  /** What was answered to the command. */
  said?: unknown;
  /** Why it was not answered. */
  lost?: ModelError;
}

/** The looks at one BMC after a change. */
class PowerWatch {
  readonly #driver: Driver;
  readonly #request: Request;
  readonly #pollMs: number;
  #refusedLogins = 0;

  constructor(driver: Driver, request: Request, pollMs: number) {
    this.#driver = driver;
    // A look that fails is followed by another.
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

  /** Until the time is up nothing is taken for the last word: a BMC may lose its network with the machine's power. */
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
