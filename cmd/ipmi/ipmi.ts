import { Lanplus, powerState, refusal } from '../../lib/ipmi/index.ts';
import { Consoles } from './console/consoles.ts';
import { CONSOLE_COMMANDS, openConsole } from './console/open-console.ts';
import type { Driver } from './driver.ts';
import { IpmiClients } from './ipmi-clients.ts';
import { transportOf } from './ipmi-params.ts';
import { type IpmitoolDriver, ipmitoolDriver } from './ipmitool.ts';
import { NATIVE_WORK } from './native.ts';

/** `ipmi/mode` `ipmitool`: IPMI over the network, natively or by the program ipmitool. */
export function ipmiDriver(
  native = new Lanplus(),
  tool: IpmitoolDriver = ipmitoolDriver(),
  consoles = new Consoles(),
): Driver {
  const clients = new IpmiClients(native, tool);
  return {
    name: 'ipmi',
    commands: new Set([...NATIVE_WORK.keys(), ...tool.commands, ...CONSOLE_COMMANDS]),
    missing: async (request) =>
      transportOf(request) === 'ipmitool' && !CONSOLE_COMMANDS.has(request.command)
        ? tool.missing(request)
        : undefined,
    run: (request) => {
      if (CONSOLE_COMMANDS.has(request.command)) return openConsole(native, consoles, request);
      const work = NATIVE_WORK.get(request.command);
      if (work === undefined) throw refusal(404, `No such action: ${request.command}`);
      return clients.use(
        request,
        (session) => work(session, request),
        (way) => tool.run(request, way),
      );
    },
    power: (request) =>
      clients.use(
        request,
        (session) => powerState(session),
        (way) => tool.power(request, way),
      ),
  };
}
