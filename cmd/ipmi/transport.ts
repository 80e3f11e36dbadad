import { type IpmiSession, Lanplus, powerState, refusal, Unsuitable } from '../../lib/ipmi/index.ts';
import type { ModelError } from '../../lib/models/index.ts';
import { Consoles, type ConsoleTicket } from './console/consoles.ts';
import type { Driver, Request } from './driver.ts';
import { bmcOf, type IpmitoolDriver, ipmitoolDriver } from './ipmitool.ts';
import { KnownClients } from './known-clients.ts';
import { NATIVE_WORK } from './native.ts';
import { choiceParam, numberParam, switchParam } from './params.ts';

const WRONG_LOGIN = 403;
/** The actions that open a console: for typing, and read-only. */
const CONSOLE: ReadonlySet<string> = new Set(['console', 'watchConsole']);
const TRANSPORTS = ['auto', 'native', 'ipmitool'] as const;

/**
 * `ipmi/mode` `ipmitool`: IPMI over the network, natively or by the program ipmitool. The latter is used on request,
 * and for BMCs that only ipmitool can talk to. Which one is decided at the login, before any command is sent, so that
 * no command runs twice.
 */
export function ipmiDriver(
  native = new Lanplus(),
  tool: IpmitoolDriver = ipmitoolDriver(),
  consoles = new Consoles(),
): Driver {
  const knownClients = new KnownClients();

  async function natively<T>(request: Request, work: (session: IpmiSession) => Promise<T>): Promise<T> {
    const bmc = bmcOf(request);
    request.onTransport?.('native');
    const result = await native.withBmc(bmc, request.signal, work, { retryMs: retryMsOf(request) });
    knownClients.note(bmc, 'native');
    return result;
  }

  /** Runs `native`, or `withTool` when the BMC cannot be used natively. */
  async function withClient<T>(
    request: Request,
    work: (session: IpmiSession) => Promise<T>,
    withTool: (way?: 'lan' | 'lanplus') => Promise<T>,
  ): Promise<T> {
    const byTool = (way?: 'lan' | 'lanplus') => {
      request.onTransport?.('ipmitool');
      return withTool(way);
    };
    const transport = transportOf(request);
    if (transport === 'ipmitool') return byTool();
    if (transport === 'native') return natively(request, work);
    const bmc = bmcOf(request);
    const known = knownClients.of(bmc);
    if (known !== undefined && known !== 'native') return byTool(known);
    try {
      return await natively(request, work);
    } catch (error) {
      if (!(error instanceof Unsuitable)) throw error;
      // A wrong password looks like an unusual BMC. A BMC with an earlier successful login is not one.
      if (known === 'native') throw error;
      const missing = await tool.missing(request);
      // Without ipmitool a wrong password is the more likely reason.
      if (missing !== undefined) throw error.code === WRONG_LOGIN ? error : withHint(error, missing);
      const result = await byTool(error.interface);
      knownClients.note(bmc, error.interface);
      request.log.info(`${error.messages[0]}; ipmitool can talk to it, and does from now on`);
      return result;
    }
  }

  /** Opens the machine's serial console. The ticket's owner reads it by the plugin's routes. */
  async function openConsole(request: Request): Promise<ConsoleTicket & { plugin: string }> {
    if (transportOf(request) === 'ipmitool') throw onlyNatively();
    const bmc = bmcOf(request);
    const takesOver = switchParam(request.params, 'ipmi/console-take-over');
    const retryMs = retryMsOf(request);
    const mayType = request.command === 'console';
    request.onTransport?.('native');
    const ticket = await consoles
      .open(
        JSON.stringify(bmc),
        (listener, signal, lost) =>
          native.openConsole(bmc, signal, listener, {
            // Only at first: two clients that take the console from each other would never stop.
            takesOver: takesOver && lost === undefined,
            lost: lost?.sessionId,
            retryMs,
          }),
        request.signal,
        mayType,
      )
      .catch((error: unknown) => {
        throw error instanceof Unsuitable && error.code !== WRONG_LOGIN ? onlyNatively(error) : error;
      });
    return { plugin: request.plugin, ...ticket };
  }

  return {
    name: 'ipmi',
    commands: new Set([...NATIVE_WORK.keys(), ...tool.commands, ...CONSOLE]),
    missing: async (request) =>
      transportOf(request) === 'ipmitool' && !CONSOLE.has(request.command)
        ? tool.missing(request)
        : undefined,
    run: (request) => {
      if (CONSOLE.has(request.command)) return openConsole(request);
      const work = NATIVE_WORK.get(request.command);
      if (work === undefined) throw refusal(404, `No such action: ${request.command}`);
      return withClient(
        request,
        (session) => work(session, request),
        (way) => tool.run(request, way),
      );
    },
    power: (request) =>
      withClient(
        request,
        (session) => powerState(session),
        (way) => tool.power(request, way),
      ),
  };
}

function retryMsOf({ params }: Request): number {
  return numberParam(params, 'ipmi/retry-time', 3_600, 60) * 1000;
}

function onlyNatively(error?: ModelError): ModelError {
  return refusal(501, [
    ...(error?.messages ?? []),
    'the console is handed on by the plugin itself only, and not by ipmitool (ipmi/transport); by hand: ipmitool sol activate',
  ]);
}

function transportOf({ params }: Request): (typeof TRANSPORTS)[number] {
  return params['ipmi/transport'] === undefined ? 'auto' : choiceParam(params, 'ipmi/transport', TRANSPORTS);
}

/** Adds to the error what would have helped. */
function withHint({ code, messages }: ModelError, missing: string): ModelError {
  return refusal(code, [...messages, `another client may do better with this BMC, and ${missing}`]);
}
