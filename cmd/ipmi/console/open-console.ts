import { type Lanplus, refusal, Unsuitable } from '../../../lib/ipmi/index.ts';
import type { ModelError } from '../../../lib/models/index.ts';
import type { Request } from '../driver.ts';
import { bmcOf, retryMsOf, transportOf } from '../ipmi-params.ts';
import { switchParam } from '../params.ts';
import type { Consoles, ConsoleTicket } from './consoles.ts';

const WRONG_LOGIN = 403;

/** The actions that open a console: for typing, and read-only. */
export const CONSOLE_COMMANDS: ReadonlySet<string> = new Set(['console', 'watchConsole']);

/** Opens the machine's serial console. The ticket's owner reads it by the plugin's routes. */
export async function openConsole(
  native: Lanplus,
  consoles: Consoles,
  request: Request,
): Promise<ConsoleTicket & { plugin: string }> {
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

function onlyNatively(error?: ModelError): ModelError {
  return refusal(501, [
    ...(error?.messages ?? []),
    'a console is opened natively only, not by ipmitool (ipmi/transport); by hand: ipmitool sol activate',
  ]);
}
