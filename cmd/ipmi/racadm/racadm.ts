import { delimiter } from 'node:path';
import { BmcQueue, checkEnd, refusal } from '../../../lib/ipmi/index.ts';
import { hostAndPort } from '../../../lib/models/index.ts';
import { findExecutable, runChild } from '../../../lib/process/index.ts';
import { answerIn, failureIn } from './text.ts';

/** Address and credentials of an iDRAC. */
export interface Idrac {
  /** Address or host name. */
  host: string;
  /** TCP port; 0 means racadm's own default, 443. */
  port: number;
  username: string;
  password: string;
}

/** Runs a racadm subcommand on the iDRAC and returns its output. Throws ModelError when it fails. */
export type Call = (subcommand: readonly string[]) => Promise<string>;

export interface RacadmOptions {
  /** Where to look for racadm, also its own PATH. Default: the PATH of this process and Dell's folders. */
  path?: string;
  /** How many racadm processes may run at once. */
  maxChildren?: number;
  /** Time limit for a process in ms. racadm itself takes a while to give up a dead iDRAC. */
  callLimitMs?: number;
  /** How long in ms a call may wait for its turn. */
  waitLimitMs?: number;
}

/** Dell's packages do not add these to the PATH. */
const DELL_FOLDERS = ['/opt/dell/srvadmin/sbin', '/opt/dell/srvadmin/bin'];

/** Runs Dell's racadm for many iDRACs in parallel. Calls to one iDRAC are sequential. */
export class Racadm {
  readonly #path: string;
  readonly #queue: BmcQueue;
  readonly #callLimitMs: number;

  constructor(options: RacadmOptions = {}) {
    const {
      path = [process.env.PATH ?? '', ...DELL_FOLDERS].join(delimiter),
      maxChildren = 16,
      callLimitMs = 60_000,
      waitLimitMs = 120_000,
    } = options;
    this.#path = path;
    this.#queue = new BmcQueue({ maxChildren, waitLimitMs });
    this.#callLimitMs = callLimitMs;
  }

  async isInstalled(): Promise<boolean> {
    return (await findExecutable('racadm', this.#path)) !== undefined;
  }

  /**
   * Runs `work` with exclusive access to this iDRAC. Throws ModelError: 400 for a value that racadm cannot take, 503
   * after an abort or when earlier calls take too long, and what `work` throws.
   */
  async withIdrac<T>(idrac: Idrac, signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
    const name = hostAndPort(idrac.host, idrac.port || 443);
    for (const field of ['username', 'password'] as const) {
      // racadm reads each value as one line.
      if (/\p{Cc}/u.test(idrac[field])) throw refusal(400, `ipmi/${field}: holds a control character`);
    }
    return this.#queue.withBmc(name, signal, () =>
      work((subcommand) =>
        this.#queue.child(name, signal, () => this.#call(idrac, name, subcommand, signal)),
      ),
    );
  }

  /**
   * `-i` makes racadm read user name and password from stdin, one line each, when it has no terminal. `-u` and `-p`
   * would put them on the command line.
   */
  async #call(
    { host, port, username, password }: Idrac,
    name: string,
    subcommand: readonly string[],
    signal: AbortSignal,
  ): Promise<string> {
    const file = await findExecutable('racadm', this.#path);
    if (file === undefined) throw refusal(404, 'racadm is not on the PATH');
    const args = ['-r', port === 0 ? host : hostAndPort(host, port), '-i', ...subcommand];
    const timeLimitMs = this.#callLimitMs;
    const input = `${username}\n${password}\n`;
    const end = await runChild(file, args, { env: this.#environment(), input, timeLimitMs, signal });
    checkEnd({ tool: 'racadm', bmc: name, timeLimitMs, signal }, end);
    const failure = failureIn(name, end, password);
    if (failure !== undefined) throw failure;
    return answerIn(end.stdout) || answerIn(end.stderr);
  }

  /** The minimal environment: that of this process contains a token of the endpoint's superuser. */
  #environment(): Record<string, string> {
    const { TZ } = process.env;
    return { PATH: this.#path, ...(TZ === undefined ? {} : { TZ }), LC_ALL: 'C' };
  }
}
