import { type IpmiSession, Lanplus, powerState, refusal, Unsuitable } from '../../lib/ipmi/index.ts';
import type { ModelError } from '../../lib/models/index.ts';
import type { Driver, Request } from './driver.ts';
import { bmcOf, type IpmitoolDriver, ipmitoolDriver } from './ipmitool.ts';
import { NATIVE_WORK } from './native.ts';
import { choiceParam, numberParam } from './params.ts';
import { Ways } from './ways.ts';

const WRONG_LOGIN = 403;
const TRANSPORTS = ['auto', 'native', 'ipmitool'] as const;

/**
 * `ipmi/mode` `ipmitool`: IPMI over the network. By this process itself, or by the program ipmitool where that is asked
 * for, and where a BMC turns out to be one that only ipmitool can talk to. It is found out at the login, before a BMC is
 * told to do anything, so that nothing is done twice.
 */
export function ipmiDriver(native = new Lanplus(), tool: IpmitoolDriver = ipmitoolDriver()): Driver {
  const ways = new Ways();

  async function natively<T>(request: Request, work: (session: IpmiSession) => Promise<T>): Promise<T> {
    const bmc = bmcOf(request);
    const retryMs = numberParam(request.params, 'ipmi/retry-time', 3_600, 60) * 1000;
    const result = await native.withBmc(bmc, request.signal, work, { retryMs });
    ways.note(bmc, 'native');
    return result;
  }

  /** By ipmitool what cannot be done natively; `byTool` is the same for ipmitool. */
  async function byWay<T>(
    request: Request,
    work: (session: IpmiSession) => Promise<T>,
    byTool: (way?: 'lan' | 'lanplus') => Promise<T>,
  ): Promise<T> {
    const transport = transportOf(request);
    if (transport === 'ipmitool') return byTool();
    if (transport === 'native') return natively(request, work);
    const bmc = bmcOf(request);
    const known = ways.of(bmc);
    if (known !== undefined && known !== 'native') return byTool(known);
    try {
      return await natively(request, work);
    } catch (error) {
      if (!(error instanceof Unsuitable)) throw error;
      // A password that is wrong looks the same as a BMC with ways of its own; one that was fine is no such BMC.
      if (known === 'native') throw error;
      const missing = await tool.missing(request);
      // A password that is wrong is the likelier reason.
      if (missing !== undefined) throw error.code === WRONG_LOGIN ? error : withHint(error, missing);
      const result = await byTool(error.interface);
      ways.note(bmc, error.interface);
      request.log.info(`${error.messages[0]}; ipmitool can talk to it, and does from now on`);
      return result;
    }
  }

  return {
    name: 'ipmi',
    commands: new Set([...NATIVE_WORK.keys(), ...tool.commands]),
    missing: async (request) => (transportOf(request) === 'ipmitool' ? tool.missing(request) : undefined),
    run: (request) => {
      const work = NATIVE_WORK.get(request.command);
      if (work === undefined) throw refusal(404, `No such action: ${request.command}`);
      return byWay(
        request,
        (session) => work(session, request),
        (way) => tool.run(request, way),
      );
    },
    power: (request) =>
      byWay(
        request,
        (session) => powerState(session),
        (way) => tool.power(request, way),
      ),
  };
}

function transportOf({ params }: Request): (typeof TRANSPORTS)[number] {
  return params['ipmi/transport'] === undefined ? 'auto' : choiceParam(params, 'ipmi/transport', TRANSPORTS);
}

/** The error, with what would help if it were there. */
function withHint({ code, messages }: ModelError, missing: string): ModelError {
  return refusal(code, [...messages, `another client may do better with this BMC, and ${missing}`]);
}
