import { setTimeout as pause } from 'node:timers/promises';
import { abortError, type ModelError, refusal, retryPause, Secrets } from '../../models/index.ts';
import { type ChildEnd, findExecutable, runChild } from '../../process/index.ts';
import { type Bmc, bmcName, type CheckedBmc, checkBmc, type Privilege } from '../bmc.ts';
import { BmcQueue } from '../bmc-queue.ts';
import { MayBeDone } from '../may-be-done.ts';
import { checkEnd } from './child-failure.ts';
import { type Failure, failureOf } from './failure.ts';

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
  /** Whether it may be sent again only after it is known that it was not carried out: power. */
  once?: boolean;
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
  /** Before the first time that a call is made again; later ones are longer. 1 s unless given. */
  retryPauseMs?: number;
}

export interface BmcOptions {
  /** How long answers that mean "later" are waited for; 0 unless given. */
  retryMs?: number;
  /** `lan` is IPMI 1.5, without encryption; `lanplus`, IPMI 2.0, unless given. */
  interface?: 'lan' | 'lanplus';
}

/** A BMC, its name for people, and who may end the calls to it. */
interface Target {
  bmc: CheckedBmc;
  name: string;
  signal: AbortSignal;
  secrets: Secrets;
  /** How long answers that mean "later" may still be waited for. */
  retryLeftMs: number;
  way: 'lan' | 'lanplus';
}

/** What a session is opened with. */
interface Terms {
  suite: number;
  privilege: Privilege;
}

/** What came of a call. */
type Result = { output: Output; failure?: undefined } | { output?: undefined; failure: Failure };

/** Tried in this order: SHA-256, and SHA-1 for BMCs of before about 2017. */
const CIPHER_SUITES: readonly number[] = [17, 3];
/** Operators may switch power, set boot devices and read logs (IPMI 2.0, appendix G). */
const PRIVILEGES: readonly Privilege[] = ['administrator', 'operator'];

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
  readonly #retryPauseMs: number;
  readonly #path: string;
  /** The cipher suite that a BMC took, by its name. */
  readonly #suites = new Map<string, number>();
  /** The privilege that a BMC let a user have, by both their names. */
  readonly #privileges = new Map<string, Privilege>();
  /** The BMCs that were silent when asked last, by their names. They do not take the turns of those that answer. */
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

  /** Whether there is an ipmitool on the PATH. */
  async isInstalled(): Promise<boolean> {
    return (await findExecutable('ipmitool', this.#path)) !== undefined;
  }

  /**
   * Runs `work` while nobody else talks to this BMC. Answers that mean "later" (see LATER) are waited for up to `retryMs`
   * in all. Throws ModelError: 400 for a value that ipmitool must not be given, 503 after an abort or when earlier calls
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

  /** Those that were asked for are no choice of the BMC's: they may be weaker than what comes without being asked for. */
  #remember({ bmc, name }: Target, { suite, privilege }: Terms): void {
    if (bmc.cipherSuite === 0) remember(this.#suites, name, suite);
    if (bmc.privilege === undefined) remember(this.#privileges, `${name} ${bmc.username}`, privilege);
  }

  /** In which ways a login is tried, one after the other. */
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

  /** One call, by the first terms that the BMC takes. */
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
        // Of both the first tells more: a user that is not known is not known as an operator either.
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
      // Without -C, ipmitool 1.8.19 asks for the list of suites, for 10 s where the BMC ignores the question.
      ...['-C', String(suite)],
      ...(privilege === 'administrator' ? [] : ['-L', privilege.toUpperCase()]),
      ...(bmc.bmcKey.length === 0 ? [] : ['-K']),
      // 1 s, then 1 s more for each further try, all of it twice before a session: 3 tries find a dead BMC in 12 s.
      ...['-N', '1', '-R', String(this.#tries)],
      ...(terse ? [] : ['-v']),
      ...command,
    ];
    return runChild(file, args, { env: this.#environment(bmc), timeLimitMs, signal });
  }

  /** What ipmitool needs and no more: this process's own environment holds a token of the endpoint's superuser. */
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

/** Throws ModelError 501 for a key that an environment cannot hold: on the command line everybody could read it. */
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
