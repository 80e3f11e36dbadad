import { setTimeout as pause } from 'node:timers/promises';
import { abortError, type ModelError, refusal, retryPause, Secrets } from '../../models/index.ts';
import { type ChildEnd, findExecutable, runChild } from '../../process/index.ts';
import { type Bmc, bmcName, type CheckedBmc, checkBmc, type Privilege } from '../bmc.ts';
import { BmcQueue } from '../bmc-queue.ts';
import { MayBeDone } from '../may-be-done.ts';
import { checkEnd } from './child-failure.ts';
import { type Failure, failureOf } from './failure.ts';

export interface CallOptions {
  /** Time limit in ms. Default 30 s. */
  timeLimitMs?: number;
  /**
   * Run without `-v`, which changes the output of some commands (sel, sdr, fru). Login failures cannot be told apart
   * then, so make a call with `-v` before it.
   */
  terse?: boolean;
  /** Return the output even for exit codes other than 0, if the login succeeded. */
  tolerant?: boolean;
  /** Repeat the command only when it was certainly not carried out (for power commands). */
  once?: boolean;
  /**
   * The success message of commands that exit with code 0 even when the BMC refuses. Without it in the output, the call
   * fails.
   */
  proof?: string;
}

export interface Output {
  stdout: string;
  stderr: string;
}

/** Runs an ipmitool command on the BMC. Throws ModelError when it fails. */
export type Call = (command: readonly string[], options?: CallOptions) => Promise<Output>;

export interface IpmitoolOptions {
  /** How many ipmitool processes may run at once. */
  maxChildren?: number;
  /**
   * How many more processes may run for BMCs that have not answered for a second, so that dead BMCs do not delay
   * others.
   */
  maxSilent?: number;
  /** How often a packet is sent before the BMC counts as silent. */
  tries?: number;
  /** Where to look for ipmitool, also its own PATH. Default: the PATH of this process. */
  path?: string;
  /** How long in ms a call may wait for its turn. */
  waitLimitMs?: number;
  /** Pause in ms before the first repetition of a call; later ones are longer. Default 1 s. */
  retryPauseMs?: number;
}

export interface BmcOptions {
  /** How long in ms to wait for a busy BMC. Default 0. */
  retryMs?: number;
  /** `lan` is IPMI 1.5, without encryption. Default `lanplus`, IPMI 2.0. */
  interface?: 'lan' | 'lanplus';
}

/** A BMC with its name in messages and the signal for its calls. */
interface Target {
  bmc: CheckedBmc;
  name: string;
  signal: AbortSignal;
  secrets: Secrets;
  /** How long in ms a busy BMC may still be waited for. */
  retryLeftMs: number;
  way: 'lan' | 'lanplus';
}

/** Parameters of a session. */
interface Terms {
  suite: number;
  privilege: Privilege;
}

/** The result of a call. */
type Result = { output: Output; failure?: undefined } | { output?: undefined; failure: Failure };

/** Tried in this order: SHA-256, then SHA-1 for BMCs from before about 2017. */
const CIPHER_SUITES: readonly number[] = [17, 3];
/** Operators may switch power, set boot devices and read logs (IPMI 2.0, appendix G). */
const PRIVILEGES: readonly Privilege[] = ['administrator', 'operator'];

const MOST_CHILDREN = 32;
const MOST_SILENT = 256;
/** Limit, since anyone who may run an action can pass any number of addresses. */
const MOST_KNOWN = 10_000;

const CALL_LIMIT_MS = 30_000;

/** Without a limit, repeated calls to a dead BMC would make its queue ever longer. */
const WAIT_LIMIT_MS = 120_000;

/** Runs ipmitool for many BMCs in parallel. Calls to one BMC are sequential, see `BmcQueue`. */
export class Ipmitool {
  readonly #queue: BmcQueue;
  readonly #tries: number;
  readonly #retryPauseMs: number;
  readonly #path: string;
  /** The cipher suite that each BMC accepted, by name. */
  readonly #suites = new Map<string, number>();
  /** The privilege that each BMC granted, by names of BMC and user. */
  readonly #privileges = new Map<string, Privilege>();
  /** Names of BMCs that did not answer the last call. They have a limit of their own. */
  readonly #silent = new Set<string>();

  constructor(options: IpmitoolOptions = {}) {
    const {
      maxChildren = MOST_CHILDREN,
      maxSilent = MOST_SILENT,
      tries = 3,
      path = process.env.PATH ?? '',
      waitLimitMs = WAIT_LIMIT_MS,
      retryPauseMs = 1_000,
    } = options;
    this.#retryPauseMs = retryPauseMs;
    this.#queue = new BmcQueue({ maxChildren, maxSilent, waitLimitMs });
    this.#tries = tries;
    this.#path = path;
  }

  /** Whether ipmitool is on the PATH. */
  async isInstalled(): Promise<boolean> {
    return (await findExecutable('ipmitool', this.#path)) !== undefined;
  }

  /**
   * Runs `work` with exclusive access to this BMC. A busy BMC (see LATER) is waited for up to `retryMs` in total.
   * Throws ModelError: 400 for a value that must not be passed to ipmitool, 503 after an abort or when earlier calls
   * take too long, and what `work` throws.
   */
  async withBmc<T>(
    bmc: Bmc,
    signal: AbortSignal,
    work: (call: Call) => Promise<T>,
    { retryMs = 0, interface: way = 'lanplus' }: BmcOptions = {},
  ): Promise<T> {
    const checked = checkBmc(bmc);
    const secrets = new Secrets([checked.password, Buffer.from(checked.bmcKey).toString()]);
    const target: Target = {
      bmc: checked,
      name: bmcName(checked),
      signal,
      secrets,
      retryLeftMs: retryMs,
      way,
    };
    return this.#queue.withBmc(target.name, signal, () =>
      work((command, options = {}) => this.#call(target, command, options)),
    );
  }

  #noteSilent(name: string): void {
    if (this.#silent.size === MOST_KNOWN) this.#silent.clear();
    this.#silent.add(name);
  }

  /** Remembers accepted terms, except those that the caller requested: they may be weaker than the default. */
  #remember({ bmc, name }: Target, { suite, privilege }: Terms): void {
    if (bmc.cipherSuite === 0) remember(this.#suites, name, suite);
    if (bmc.privilege === undefined) remember(this.#privileges, `${name} ${bmc.username}`, privilege);
  }

  /** The suites and privileges to try, in order. */
  #termsFor({ bmc, name }: Target): { suites: number[]; privileges: Privilege[] } {
    const suite = this.#suites.get(name);
    const privilege = this.#privileges.get(`${name} ${bmc.username}`);
    return {
      suites: bmc.cipherSuite > 0 ? [bmc.cipherSuite] : [...new Set([suite ?? [], CIPHER_SUITES].flat())],
      privileges:
        bmc.privilege === undefined ? [...new Set([privilege ?? [], PRIVILEGES].flat())] : [bmc.privilege],
    };
  }

  async #call(target: Target, command: readonly string[], options: CallOptions): Promise<Output> {
    const start = performance.now();
    for (let tries = 0; ; tries++) {
      const { output, failure } = await this.#logInAndRun(target, command, options);
      if (output !== undefined) {
        if (tries > 0) target.retryLeftMs -= performance.now() - start;
        return output;
      }
      const { error, later } = failure;
      const spentMs = performance.now() - start;
      const leftMs = target.retryLeftMs - spentMs;
      const isOver = later === undefined || leftMs <= 0 || tries >= (later.tries ?? Number.POSITIVE_INFINITY);
      if (isOver || (later.outcome === 'unknown' && options.once === true)) {
        target.retryLeftMs = Math.max(0, tries > 0 ? leftMs : target.retryLeftMs);
        throw ended(error, later?.outcome === 'unknown', tries > 0 ? spentMs : 0);
      }
      const ms = Math.min(retryPause(tries) * this.#retryPauseMs, leftMs);
      await pause(ms, undefined, { signal: target.signal }).catch(() => {
        throw abortError(`BMC ${target.name}`, target.signal);
      });
    }
  }

  /** Makes a call with the first terms that the BMC accepts. */
  async #logInAndRun(target: Target, command: readonly string[], options: CallOptions): Promise<Result> {
    const { name, signal, secrets } = target;
    const { timeLimitMs = CALL_LIMIT_MS, proof = '' } = options;
    const { suites, privileges } = this.#termsFor(target);
    let suite = suites.shift() ?? 0;
    let privilege = privileges.shift() ?? 'administrator';
    let refused: Failure | undefined;
    for (;;) {
      const terms: Terms = { suite, privilege };
      const run = () => this.#run(target, terms, command, options);
      const end = await this.#queue.child(name, signal, run, this.#silent.has(name));
      this.#silent.delete(name);
      checkEnd({ tool: 'ipmitool', bmc: name, timeLimitMs, signal }, end);
      const output: Output = { stdout: end.stdout, stderr: end.stderr };
      if (end.code === 0 && output.stdout.includes(proof)) {
        this.#remember(target, terms);
        return { output };
      }
      const failure = failureOf(name, end.stderr, end.code, secrets);
      const [nextSuite] = suites;
      const [nextPrivilege] = privileges;
      if (failure.kind === 'suite' && nextSuite !== undefined) {
        suite = nextSuite;
        suites.shift();
      } else if (failure.kind === 'privilege' && nextPrivilege !== undefined) {
        // The first refusal is more specific: an unknown user is also refused as operator.
        refused ??= failure;
        privilege = nextPrivilege;
        privileges.shift();
      } else {
        if (failure.kind === 'silent') this.#noteSilent(name);
        if (failure.kind === 'other') this.#remember(target, terms);
        if (failure.kind === 'other' && options.tolerant && end.stdout !== '') return { output };
        return { failure: failure.kind === 'privilege' ? (refused ?? failure) : failure };
      }
    }
  }

  async #run(
    { bmc, signal, way }: Target,
    { suite, privilege }: Terms,
    command: readonly string[],
    { timeLimitMs = CALL_LIMIT_MS, terse = false }: CallOptions,
  ): Promise<ChildEnd> {
    const file = await findExecutable('ipmitool', this.#path);
    if (file === undefined) throw refusal(404, 'ipmitool is not on the PATH');
    const { address, port, username } = bmc;
    const args = [
      ...['-H', address, '-U', username, '-E', '-I', way],
      ...(port === 0 ? [] : ['-p', String(port)]),
      // Without -C, ipmitool 1.8.19 requests the list of suites, and waits 10 s for BMCs that do not answer that.
      ...['-C', String(suite)],
      ...(privilege === 'administrator' ? [] : ['-L', privilege.toUpperCase()]),
      ...(bmc.bmcKey.length === 0 ? [] : ['-K']),
      // Waits 1 s, and 1 s more for each further try, twice before a session: 3 tries take 12 s with a dead BMC.
      ...['-N', '1', '-R', String(this.#tries)],
      ...(terse ? [] : ['-v']),
      ...command,
    ];
    return runChild(file, args, { env: this.#environment(bmc), timeLimitMs, signal });
  }

  /** The minimal environment: that of this process contains a token of the endpoint's superuser. */
  #environment({ password, bmcKey }: CheckedBmc): Record<string, string> {
    const { TZ } = process.env;
    const time: Record<string, string> = TZ === undefined ? {} : { TZ };
    const key: Record<string, string> = bmcKey.length === 0 ? {} : { IPMI_KGKEY: keyText(bmcKey) };
    return { PATH: this.#path, ...time, LC_ALL: 'C', IPMI_PASSWORD: password, ...key };
  }
}

function remember<T>(map: Map<string, T>, name: string, value: T): void {
  if (map.size >= MOST_KNOWN && !map.has(name)) map.clear();
  map.set(name, value);
}

/**
 * Throws ModelError 501 for a key that an environment variable cannot hold. On the command line it could be read by
 * everyone.
 */
function keyText(key: Uint8Array): string {
  const text = Buffer.from(key).toString();
  if (!text.includes('\0') && Buffer.from(text).equals(Buffer.from(key))) return text;
  throw refusal(
    501,
    'ipmi/kg-key: has bytes that ipmitool cannot be given without showing them to everybody',
  );
}

function ended(error: ModelError, isUnknown: boolean, triedMs: number): ModelError {
  const line = `it was tried again for ${Math.round(triedMs / 100) / 10} s (ipmi/retry-time)`;
  const messages = triedMs === 0 ? error.messages : [...error.messages, line];
  return refusal(error.code, messages, isUnknown ? new MayBeDone() : error.cause);
}
