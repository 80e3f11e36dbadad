import { type IpmiSession, type Lanplus, refusal, Unsuitable } from '../../lib/ipmi/index.ts';
import type { ModelError } from '../../lib/models/index.ts';
import type { Request } from './driver.ts';
import { bmcOf, retryMsOf, transportOf } from './ipmi-params.ts';
import type { IpmitoolDriver, IpmitoolInterface } from './ipmitool.ts';
import { KnownClients } from './known-clients.ts';

const WRONG_LOGIN = 403;

/**
 * Chooses the client for each BMC: this process, or ipmitool on request and for BMCs that only ipmitool can talk to.
 * The choice is made at the login, before any command is sent, so that no command runs twice.
 */
export class IpmiClients {
  readonly #native: Lanplus;
  readonly #tool: IpmitoolDriver;
  readonly #known = new KnownClients();

  constructor(native: Lanplus, tool: IpmitoolDriver) {
    this.#native = native;
    this.#tool = tool;
  }

  /** Runs `natively`, or `withTool` when the BMC cannot be used natively. */
  async use<T>(
    request: Request,
    natively: (session: IpmiSession) => Promise<T>,
    withTool: (way?: IpmitoolInterface) => Promise<T>,
  ): Promise<T> {
    const byTool = (way?: IpmitoolInterface) => {
      request.onTransport?.('ipmitool');
      return withTool(way);
    };
    const transport = transportOf(request);
    if (transport === 'ipmitool') return byTool();
    if (transport === 'native') return this.#useNative(request, natively);
    const bmc = bmcOf(request);
    const known = this.#known.of(bmc);
    if (known !== undefined && known !== 'native') return byTool(known);
    try {
      return await this.#useNative(request, natively);
    } catch (error) {
      if (!(error instanceof Unsuitable)) throw error;
      // A wrong password looks like an unusual BMC. A BMC with an earlier successful login is not one.
      if (known === 'native') throw error;
      const missing = await this.#tool.missing(request);
      // Without ipmitool a wrong password is the more likely reason.
      if (missing !== undefined) throw error.code === WRONG_LOGIN ? error : withHint(error, missing);
      const result = await byTool(error.interface);
      this.#known.note(bmc, error.interface);
      request.log.info(`${error.messages[0]}; ipmitool can talk to it, and does from now on`);
      return result;
    }
  }

  async #useNative<T>(request: Request, work: (session: IpmiSession) => Promise<T>): Promise<T> {
    const bmc = bmcOf(request);
    request.onTransport?.('native');
    const result = await this.#native.withBmc(bmc, request.signal, work, { retryMs: retryMsOf(request) });
    this.#known.note(bmc, 'native');
    return result;
  }
}

/** Adds to the error what would have helped. */
function withHint({ code, messages }: ModelError, missing: string): ModelError {
  return refusal(code, [...messages, `another client may do better with this BMC, and ${missing}`]);
}
