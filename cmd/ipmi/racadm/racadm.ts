import { delimiter } from 'node:path';
import { BmcQueue, checkEnd, refusal } from '../../../lib/ipmi/index.ts';
import { hostAndPort } from '../../../lib/models/index.ts';
import { findExecutable, runChild } from '../../../lib/process/index.ts';
import { failureIn, whatItSays } from './text.ts';

/** Where an iDRAC is, and who asks. */
export interface Idrac {
  /** An address, or a host name. */
  host: string;
  /** TCP port; 0 is the one that racadm uses by itself, 443. */
  port: number;
  username: string;
  password: string;
}

/** Runs one racadm subcommand on the iDRAC and returns what it says. Throws ModelError when it fails. */
export type Call = (subcommand: readonly string[]) => Promise<string>;

export interface RacadmOptions {
  /** Where racadm is looked for, and its own PATH; that of this process and Dell's own folders unless given. */
  path?: string;
  /** How many racadm processes may run at once. */
  maxChildren?: number;
  /** How long one of them may run. Those of dead iDRACs take a while to give up by themselves. */
  callLimitMs?: number;
  /** How long a call may wait for its turn. */
  waitLimitMs?: number;
}

/** Dell's packages do not put these on the PATH. */
const DELL_FOLDERS = ['/opt/dell/srvadmin/sbin', '/opt/dell/srvadmin/bin'];

/** Dell's racadm, for many iDRACs at once: calls to one iDRAC come one after the other. */
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
   * Runs `work` while nobody else talks to this iDRAC. Throws ModelError: 400 for a value that racadm cannot be given,
   * 503 after an abort or when earlier calls take too long, and what `work` throws.
   */
  async withIdrac<T>(idrac: Idrac, signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
    const name = hostAndPort(idrac.host, idrac.port || 443);
    for (const field of ['username', 'password'] as const) {
      // Each is one line that racadm reads.
      if (/\p{Cc}/u.test(idrac[field])) throw refusal(400, `ipmi/${field}: holds a control character`);
    }
    return this.#queue.withBmc(name, signal, () =>
      work((subcommand) =>
        this.#queue.child(name, signal, () => this.#call(idrac, name, subcommand, signal)),
      ),
    );
  }

  /**
   * `-i` makes racadm ask for user name and password, in this order, as lines on its stdin when it has no terminal:
   * neither is on a command line then, where `-u` and `-p` would put them.
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
    return whatItSays(end.stdout) || whatItSays(end.stderr);
  }

  /** No more than it needs: this process's own environment holds a token of the endpoint's superuser. */
  #environment(): Record<string, string> {
    const { TZ } = process.env;
    return { PATH: this.#path, ...(TZ === undefined ? {} : { TZ }), LC_ALL: 'C' };
  }
}
