import {
  type Call,
  type CallOptions,
  type FieldValue,
  type Fru,
  Ipmitool,
  type Lan,
  parseFields,
  parseFru,
  parseLan,
  parseUsers,
  refusal,
} from '../../lib/ipmi/index.ts';
import type { Driver, Request } from './driver.ts';
import { bmcOf, retryMsOf } from './ipmi-params.ts';
import { bootFlags, clearBoot, forceBoot, nextBoot } from './ipmitool/boot.ts';
import { powerCycle, powerState, powerTo } from './ipmitool/power.ts';
import { sel, sensors } from './ipmitool/records.ts';
import { TABLE, type Work } from './ipmitool/work.ts';
import { notInstalled } from './not-installed.ts';
import { numberParam } from './params.ts';

/** ipmitool's name for IPMI 1.5 (`lan`) and IPMI 2.0 (`lanplus`, the default). */
export type IpmitoolInterface = 'lan' | 'lanplus';

/** A driver that can also use IPMI 1.5, on request. */
export interface IpmitoolDriver extends Driver {
  missing(request: Request): Promise<string | undefined>;
  run(request: Request, way?: IpmitoolInterface): Promise<unknown>;
  power(request: Request, way?: IpmitoolInterface): Promise<string>;
}

/** `ipmi/mode` `ipmitool`: IPMI over the network with the ipmitool on the PATH. Results are its output. */
export function ipmitoolDriver(ipmitool = new Ipmitool()): IpmitoolDriver {
  const onBmc = (request: Request, work: Work, way?: IpmitoolInterface) =>
    ipmitool.withBmc(bmcOf(request), request.signal, (call) => work(call, request), {
      retryMs: retryMsOf(request),
      interface: way,
    });
  return {
    name: 'ipmi',
    commands: new Set(WORK.keys()),
    missing: async () => ((await ipmitool.isInstalled()) ? undefined : notInstalled('ipmitool')),
    run: async (request, way) => {
      const work = WORK.get(request.command);
      if (work === undefined) throw refusal(404, `No such action: ${request.command}`);
      return onBmc(request, work, way);
    },
    power: async (request, way) => String(await onBmc(request, powerState, way)),
  };
}

const WORK: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['powerstatus', text('chassis', 'power', 'status')],
  ['poweron', powerTo('on')],
  ['poweroff', powerTo('off')],
  ['powercycle', powerCycle],
  ['powerreset', once('chassis', 'power', 'reset')],
  ['powersoft', once('chassis', 'power', 'soft')],
  ['nmi', once('chassis', 'power', 'diag')],
  ['nextbootpxe', nextBoot('pxe')],
  ['nextbootdisk', nextBoot('disk')],
  ['nextbootcd', nextBoot('cdrom')],
  ['nextbootbios', nextBoot('bios')],
  ['forcebootpxe', forceBoot('pxe')],
  ['forcebootdisk', forceBoot('disk')],
  ['clearBoot', clearBoot],
  ['identify', identify],
  ['status', async (call) => parseFields((await call(['chassis', 'status'])).stdout)],
  ['getInfo', info],
  ['getBoot', bootFlags],
  ['sel', sel],
  ['clearSel', once('sel', 'clear')],
  ['sensors', sensors],
  ['solInfo', async (call) => parseFields((await call(['sol', 'info'], TABLE)).stdout)],
  ['getLan', lan],
  // Channel 14 is the channel of the current session.
  ['getUsers', async (call) => parseUsers((await call(['channel', 'getaccess', '14'], USERS)).stdout)],
  ['setUserPassword', setUserPassword],
  ['resetBmc', once('mc', 'reset', 'cold')],
]);

/** ipmitool fails at user IDs that the BMC counts but does not have. */
const USERS: CallOptions = { ...TABLE, tolerant: true };

function text(...command: string[]): Work {
  return async (call) => (await call(command)).stdout;
}

/**
 * Like `text`, for commands that must not run twice: not repeated when it is unclear whether the command was carried
 * out.
 */
function once(...command: string[]): Work {
  return async (call) => (await call(command, { once: true })).stdout;
}

/** Switches the identify light on for a number of seconds, at most one byte; 0 switches it off. */
async function identify(call: Call, { params }: Request): Promise<string> {
  const seconds = numberParam(params, 'ipmi/identify-duration', 255, 60);
  return (await call(['chassis', 'identify', String(seconds)])).stdout;
}

/**
 * The controller and the FRUs that it knows. ipmitool fails when one of several FRUs cannot be read, so failures are
 * tolerated.
 */
async function info(call: Call): Promise<{ mc: Record<string, FieldValue>; fru: Fru[] }> {
  const mc = parseFields((await call(['mc', 'info'])).stdout);
  const fru = await call(['fru', 'print'], { ...TABLE, tolerant: true });
  return { mc, fru: parseFru(fru.stdout) };
}

/** Not supported: ipmitool takes the new password only on its command line or from a terminal. */
async function setUserPassword(): Promise<never> {
  throw refusal(501, [
    'the program ipmitool cannot be given a new password without showing it to everybody',
    'set ipmi/transport to native, or ipmi/mode to redfish',
  ]);
}

/**
 * IPv4 only: with some BMCs ipmitool prints IPv6 addresses without end. ipmitool fails when one parameter cannot be
 * read.
 */
async function lan(call: Call): Promise<Lan> {
  return parseLan((await call(['lan', 'print'], { ...TABLE, tolerant: true })).stdout);
}
