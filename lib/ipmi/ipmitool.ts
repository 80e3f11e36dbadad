import { ModelError } from '../models/index.ts';
import { type Bmc, bmcName, checkBmc } from './bmc.ts';
import { type ChildEnd, runChild } from './child.ts';
import { findExecutable } from './executable.ts';
import { failureOf } from './failure.ts';
import { refusal } from './refusal.ts';
import { Turns } from './turns.ts';

export interface CallOptions {
  /** 30 s unless given. */
  timeLimitMs?: number;
  /**
   * Without `-v`, which makes some commands (sel, sdr, fru) print another format. Failures to log in cannot be told
   * apart then, so let a call with `-v` come before.
   */
  terse?: boolean;
}

export interface Output {
  stdout: string;
  stderr: string;
}

/** Runs one ipmitool command on the BMC. Throws ModelError when it fails. */
export type Call = (command: readonly string[], options?: CallOptions) => Promise<Output>;

export interface IpmitoolOptions {
  /** How many ipmitool processes may run at once. */
  maxChildren?: number;
  /** How often a packet is sent before the BMC counts as silent. */
  tries?: number;
}

/** Tried in this order: SHA-256, and SHA-1 for BMCs of before about 2017. */
const CIPHER_SUITES = [17, 3];

const CALL_LIMIT_MS = 30_000;

/**
 * ipmitool, for many BMCs at once: calls to one BMC come one after the other, since BMCs have few sessions and
 * forget boot options when asked across each other; different BMCs do not wait for each other, up to a bound.
 */
export class Ipmitool {
  readonly #children: Turns;
  readonly #tries: number;
  readonly #turns = new Map<string, { turns: Turns; users: number }>();
  /** The cipher suite that a BMC took, by its name. */
  readonly #suites = new Map<string, number>();

  constructor({ maxChildren = 32, tries = 3 }: IpmitoolOptions = {}) {
    this.#children = new Turns(maxChildren);
    this.#tries = tries;
  }

  /** Whether there is an ipmitool on the PATH. */
  async isInstalled(): Promise<boolean> {
    return (await findExecutable('ipmitool')) !== undefined;
  }

  /**
   * Runs `work` while nobody else talks to this BMC. Throws ModelError: 400 for a value that ipmitool must not be
   * given, 503 after an abort, and what `work` throws.
   */
  async withBmc<T>(bmc: Bmc, signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
    const checked = checkBmc(bmc);
    const name = bmcName(checked);
    const entry = this.#turns.get(name) ?? { turns: new Turns(1), users: 0 };
    this.#turns.set(name, entry);
    entry.users += 1;
    try {
      return await entry.turns.run(signal, () =>
        work((command, options = {}) => this.#call(checked, name, command, options, signal)),
      );
    } catch (error) {
      if (signal.aborted && !(error instanceof ModelError)) throw abortError(name, signal);
      throw error;
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#turns.delete(name);
    }
  }

  async #call(
    bmc: Required<Bmc>,
    name: string,
    command: readonly string[],
    options: CallOptions,
    signal: AbortSignal,
  ): Promise<Output> {
    const suites = bmc.cipherSuite > 0 ? [bmc.cipherSuite] : this.#suitesFor(name);
    for (const [index, suite] of suites.entries()) {
      const end = await this.#children.run(signal, () => this.#run(bmc, suite, command, options, signal));
      checkEnd(name, end, options, signal);
      if (end.code === 0) {
        this.#suites.set(name, suite);
        return { stdout: end.stdout, stderr: end.stderr };
      }
      const failure = failureOf(name, end.stderr, end.code, bmc.password);
      if (failure.kind === 'other') this.#suites.set(name, suite);
      if (failure.kind !== 'suite' || index === suites.length - 1) throw failure.error;
    }
    throw refusal(500, `BMC ${name}: no cipher suite to try`);
  }

  #suitesFor(name: string): number[] {
    const known = this.#suites.get(name);
    return known === undefined ? CIPHER_SUITES : [known, ...CIPHER_SUITES.filter((suite) => suite !== known)];
  }

  async #run(
    bmc: Required<Bmc>,
    suite: number,
    command: readonly string[],
    { timeLimitMs = CALL_LIMIT_MS, terse = false }: CallOptions,
    signal: AbortSignal,
  ): Promise<ChildEnd> {
    const file = await findExecutable('ipmitool');
    if (file === undefined) {
      throw refusal(404, 'ipmitool is not on the PATH');
    }
    const { address, port, username, password } = bmc;
    const args = [
      ...['-H', address, '-U', username, '-E', '-I', 'lanplus'],
      ...(port === 0 ? [] : ['-p', String(port)]),
      // Without -C, ipmitool 1.8.19 asks for the list of suites, for 10 s where the BMC ignores the question.
      ...['-C', String(suite)],
      // 1 s, then 1 s more for each further try, all of it twice before a session: 3 tries find a dead BMC in 12 s.
      ...['-N', '1', '-R', String(this.#tries)],
      ...(terse ? [] : ['-v']),
      ...command,
    ];
    return runChild(file, args, { env: environment(password), timeLimitMs, signal });
  }
}

/** What ipmitool needs and no more: the endpoint's environment holds a superuser's token. */
function environment(password: string): Record<string, string> {
  const { PATH = '', TZ } = process.env;
  return { PATH, ...(TZ === undefined ? {} : { TZ }), LC_ALL: 'C', IPMI_PASSWORD: password };
}

/** Throws unless the child ended by itself. */
function checkEnd(
  name: string,
  end: ChildEnd,
  { timeLimitMs = CALL_LIMIT_MS }: CallOptions,
  signal: AbortSignal,
): void {
  switch (end.how) {
    case 'exit':
      return;
    case 'abort':
      throw abortError(name, signal);
    case 'time limit':
      throw refusal(504, `BMC ${name}: ipmitool was stopped after ${timeLimitMs / 1000} s without a result`);
    case 'output limit':
      throw refusal(502, `BMC ${name}: ipmitool was stopped because it printed too much`);
    case 'unstartable':
      throw refusal(500, `ipmitool cannot be started: ${end.error?.message}`, end.error);
  }
}

function abortError(name: string, signal: AbortSignal): ModelError {
  return ModelError.from(signal.reason) ?? refusal(503, `BMC ${name}: the call was cancelled`, signal.reason);
}
