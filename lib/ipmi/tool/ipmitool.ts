import { type ChildEnd, findExecutable, runChild } from '../../process/index.ts';
import { type Bmc, bmcName, checkBmc } from '../bmc.ts';
import { BmcQueue } from '../bmc-queue.ts';
import { refusal } from '../refusal.ts';
import { checkEnd } from './child-failure.ts';
import { failureOf } from './failure.ts';

export interface CallOptions {
  /** 30 s unless given. */
  timeLimitMs?: number;
  /**
   * Without `-v`, which makes some commands (sel, sdr, fru) print another format. Failures to log in cannot be told
   * apart then, so let a call with `-v` come before.
   */
  terse?: boolean;
  /** What was printed is the result even if ipmitool ends with another code than 0, provided that it could log in. */
  tolerant?: boolean;
  /** What is printed of success, for commands that end with code 0 even when the BMC refuses. Without it they failed. */
  proof?: string;
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
  /** How many more may wait for a BMC that has not answered for a second, so that the dead ones do not hold up the rest. */
  maxSilent?: number;
  /** How often a packet is sent before the BMC counts as silent. */
  tries?: number;
  /** Where ipmitool is looked for, and its own PATH; that of this process unless given. */
  path?: string;
  /** How long a call may wait for its turn. */
  waitLimitMs?: number;
}

/** A BMC, its name for people, and who may end the calls to it. */
interface Target {
  bmc: Required<Bmc>;
  name: string;
  signal: AbortSignal;
}

type Suites = readonly [number, ...number[]];

/** Tried in this order: SHA-256, and SHA-1 for BMCs of before about 2017. */
const CIPHER_SUITES: Suites = [17, 3];

const MOST_CHILDREN = 32;
const MOST_SILENT = 256;
/** Anybody who may run an action can name addresses without end. */
const MOST_KNOWN = 10_000;

const CALL_LIMIT_MS = 30_000;

/** A dead BMC that is asked again and again would otherwise have an ever longer queue. */
const WAIT_LIMIT_MS = 120_000;

/** ipmitool, for many BMCs at once: calls to one BMC come one after the other, see `BmcQueue`. */
export class Ipmitool {
  readonly #queue: BmcQueue;
  readonly #tries: number;
  readonly #path: string;
  /** The cipher suite that a BMC took, by its name. */
  readonly #suites = new Map<string, number>();
  /** The BMCs that were silent when asked last, by their names. They do not take the turns of those that answer. */
  readonly #silent = new Set<string>();

  constructor(options: IpmitoolOptions = {}) {
    const {
      maxChildren = MOST_CHILDREN,
      maxSilent = MOST_SILENT,
      tries = 3,
      path = process.env.PATH ?? '',
      waitLimitMs = WAIT_LIMIT_MS,
    } = options;
    this.#queue = new BmcQueue({ maxChildren, maxSilent, waitLimitMs });
    this.#tries = tries;
    this.#path = path;
  }

  /** Whether there is an ipmitool on the PATH. */
  async isInstalled(): Promise<boolean> {
    return (await findExecutable('ipmitool', this.#path)) !== undefined;
  }

  /**
   * Runs `work` while nobody else talks to this BMC. Throws ModelError: 400 for a value that ipmitool must not be
   * given, 503 after an abort or when earlier calls take too long, and what `work` throws.
   */
  async withBmc<T>(bmc: Bmc, signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
    const checked = checkBmc(bmc);
    const target: Target = { bmc: checked, name: bmcName(checked), signal };
    return this.#queue.withBmc(target.name, signal, () =>
      work((command, options = {}) => this.#call(target, command, options, this.#suitesFor(target))),
    );
  }

  #noteSilent(name: string): void {
    if (this.#silent.size === MOST_KNOWN) this.#silent.clear();
    this.#silent.add(name);
  }

  /** One that was asked for is no choice of the BMC's: it may be weaker than what comes without being asked for. */
  #remember({ bmc, name }: Target, suite: number): void {
    if (bmc.cipherSuite > 0) return;
    if (this.#suites.size === MOST_KNOWN && !this.#suites.has(name)) this.#suites.clear();
    this.#suites.set(name, suite);
  }

  #suitesFor({ bmc, name }: Target): Suites {
    if (bmc.cipherSuite > 0) return [bmc.cipherSuite];
    const known = this.#suites.get(name);
    return known === undefined ? CIPHER_SUITES : [known, ...CIPHER_SUITES.filter((suite) => suite !== known)];
  }

  async #call(
    target: Target,
    command: readonly string[],
    options: CallOptions,
    [suite, next, ...others]: Suites,
  ): Promise<Output> {
    const { bmc, name, signal } = target;
    const { timeLimitMs = CALL_LIMIT_MS, proof = '' } = options;
    const run = () => this.#run(target, suite, command, options);
    const end = await this.#queue.child(name, signal, run, this.#silent.has(name));
    this.#silent.delete(name);
    checkEnd({ tool: 'ipmitool', bmc: name, timeLimitMs, signal }, end);
    const output: Output = { stdout: end.stdout, stderr: end.stderr };
    if (end.code === 0 && output.stdout.includes(proof)) {
      this.#remember(target, suite);
      return output;
    }
    const { kind, error } = failureOf(name, end.stderr, end.code, bmc.password);
    if (kind === 'suite' && next !== undefined)
      return this.#call(target, command, options, [next, ...others]);
    if (kind === 'silent') this.#noteSilent(name);
    if (kind !== 'other') throw error;
    this.#remember(target, suite);
    if (options.tolerant && end.stdout !== '') return output;
    throw error;
  }

  async #run(
    { bmc, signal }: Target,
    suite: number,
    command: readonly string[],
    { timeLimitMs = CALL_LIMIT_MS, terse = false }: CallOptions,
  ): Promise<ChildEnd> {
    const file = await findExecutable('ipmitool', this.#path);
    if (file === undefined) throw refusal(404, 'ipmitool is not on the PATH');
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
    return runChild(file, args, { env: this.#environment(password), timeLimitMs, signal });
  }

  /** What ipmitool needs and no more: this process's own environment holds a token of the endpoint's superuser. */
  #environment(password: string): Record<string, string> {
    const { TZ } = process.env;
    return { PATH: this.#path, ...(TZ === undefined ? {} : { TZ }), LC_ALL: 'C', IPMI_PASSWORD: password };
  }
}
