import {
  type Bmc,
  type BootFlags,
  type Call,
  type CallOptions,
  type FieldValue,
  type Fru,
  Ipmitool,
  type Lan,
  mayBeDone,
  parseBootFlags,
  parseFields,
  parseFru,
  parseLan,
  parseSel,
  parseSensors,
  parseUsers,
  readBmcKey,
  refusal,
  type SelEvent,
  type Sensor,
} from '../../lib/ipmi/index.ts';
import { ModelError, Secrets } from '../../lib/models/index.ts';
import type { Driver, Request } from './driver.ts';
import { excerpt } from './excerpt.ts';
import { notInstalled } from './not-installed.ts';
import { choiceParam, numberParam, textParam } from './params.ts';

/** Runs an action, given a function that calls ipmitool for the machine's BMC. */
type Work = (call: Call, request: Request) => Promise<unknown>;

/** ipmitool's name for IPMI 1.5 (`lan`) and IPMI 2.0 (`lanplus`, the default). */
type Interface = 'lan' | 'lanplus';

/** A driver that can also use IPMI 1.5, on request. */
export interface IpmitoolDriver extends Driver {
  missing(request: Request): Promise<string | undefined>;
  run(request: Request, way?: Interface): Promise<unknown>;
  power(request: Request, way?: Interface): Promise<string>;
}

/** `ipmi/mode` `ipmitool`: IPMI over the network with the ipmitool on the PATH. Results are its output. */
export function ipmitoolDriver(ipmitool = new Ipmitool()): IpmitoolDriver {
  const onBmc = (request: Request, work: Work, way?: Interface) =>
    ipmitool.withBmc(bmcOf(request), request.signal, (call) => work(call, request), {
      retryMs: numberParam(request.params, 'ipmi/retry-time', 3_600, 60) * 1000,
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

/** The machine's BMC, from the request's params. Throws ModelError 400. */
export function bmcOf({ params }: Request): Bmc {
  const level =
    params['ipmi/privilege-level'] === undefined
      ? 'auto'
      : choiceParam(params, 'ipmi/privilege-level', ['auto', 'administrator', 'operator', 'user']);
  return {
    address: textParam(params, 'ipmi/address'),
    port: numberParam(params, 'ipmi/port-ipmitool', 65_535, 0),
    username: textParam(params, 'ipmi/username'),
    password: textParam(params, 'ipmi/password'),
    cipherSuite: numberParam(params, 'ipmi/cipher-suite', 17, 0),
    bmcKey: params['ipmi/kg-key'] === undefined ? undefined : readBmcKey(textParam(params, 'ipmi/kg-key')),
    privilege: level === 'auto' ? undefined : level,
  };
}

function secretsOf({ params }: Request): Secrets {
  return new Secrets([textParam(params, 'ipmi/password')]);
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
  ['clearBoot', (call) => bootDevice(call, 'none')],
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

/** For commands that read a whole table record by record. */
const TABLE: CallOptions = { terse: true, timeLimitMs: 180_000 };
/** ipmitool fails at user IDs that the BMC counts but does not have. */
const USERS: CallOptions = { ...TABLE, tolerant: true };

/** HTTP code of a BMC's "not supported in present state". */
const WRONG_STATE = 409;

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

async function powerState(call: Call, request: Request): Promise<string> {
  const { stdout } = await call(['chassis', 'power', 'status']);
  const state = /Chassis Power is (\S+)/.exec(stdout)?.[1];
  if (state === undefined)
    throw refusal(502, `ipmitool told no power state: ${excerpt(stdout, secretsOf(request))}`);
  return state;
}

/**
 * Some BMCs refuse to change to the state that they are in; the state is the result then. When it is unclear whether
 * the command was carried out, the state decides, and the command is repeated if it was not.
 */
function powerTo(state: 'on' | 'off'): Work {
  return async (call) => {
    const command = ['chassis', 'power', state];
    try {
      return (await call(command, { once: true })).stdout;
    } catch (error) {
      if (!isWrongState(error) && !mayBeDone(error)) throw error;
      const status = await call(['chassis', 'power', 'status']).catch(() => undefined);
      if (status?.stdout.trim() === `Chassis Power is ${state}`) return status.stdout;
      if (status === undefined || !mayBeDone(error)) throw error;
      return (await call(command, { once: true })).stdout;
    }
  };
}

/** A chassis that is off cannot be power-cycled (IPMI 2.0 section 28.3), so it is switched on. */
async function powerCycle(call: Call): Promise<string> {
  try {
    return (await call(['chassis', 'power', 'cycle'], { once: true })).stdout;
  } catch (error) {
    if (!isWrongState(error)) throw error;
    return (await call(['chassis', 'power', 'on'])).stdout;
  }
}

function isWrongState(error: unknown): boolean {
  return error instanceof ModelError && error.code === WRONG_STATE;
}

/** Sets a boot device for the next start only. */
function nextBoot(device: BootDevice): Work {
  return async (call, request) => {
    const isUefi = bootsByUefi(request);
    await keepBootFlags(call);
    const wish = { device, isUefi, isPersistent: false };
    if (await needsOwnDisk(call, wish)) return setAndCheck(call, request, wish, SUPERMICRO_UEFI_DISK);
    const said = await bootDevice(call, device, ...(isUefi ? ['options=efiboot'] : []));
    return checked(call, request, wish, said);
  };
}

/** Sets a boot device for all starts. */
function forceBoot(device: BootDevice): Work {
  return async (call, request) => {
    const isUefi = bootsByUefi(request);
    await keepBootFlags(call);
    const wish = { device, isUefi, isPersistent: true };
    if (await needsOwnDisk(call, wish)) return setAndCheck(call, request, wish, SUPERMICRO_UEFI_DISK);
    // ipmitool before 1.8.19 cannot set efiboot and persistent together.
    if (isUefi) return setAndCheck(call, request, wish, SELECTORS[device]);
    return checked(call, request, wish, await bootDevice(call, device, 'options=persistent'));
  };
}

type BootDevice = 'pxe' | 'disk' | 'cdrom' | 'bios';

interface BootWish {
  device: BootDevice;
  isUefi: boolean;
  isPersistent: boolean;
}

/** Data 2 of boot option 5 (IPMI 2.0, table 28-14: the selector is in bits 5 to 2). */
const SELECTORS: Readonly<Record<BootDevice, number>> = { pxe: 0x04, disk: 0x08, cdrom: 0x14, bios: 0x18 };
/**
 * Supermicro's selector for a disk under UEFI; the standard one means a legacy boot there (openstack/ironic,
 * ipmitool.py).
 */
const SUPERMICRO_UEFI_DISK = 0x24;
const SUPERMICRO = new Set(['10876', '47488']);

async function needsOwnDisk(call: Call, { device, isUefi }: BootWish): Promise<boolean> {
  if (device !== 'disk' || !isUefi) return false;
  const about = await call(['mc', 'info']).catch((error: unknown) => {
    if (error instanceof ModelError) return undefined;
    throw error;
  });
  return SUPERMICRO.has(String(parseFields(about?.stdout ?? '')['Manufacturer ID']));
}

/** Sets boot option 5 as raw bytes. */
async function setRaw(call: Call, { isUefi, isPersistent }: BootWish, selector: number): Promise<string> {
  // Bits: valid, persistent, UEFI.
  const flags = 0x80 | (isPersistent ? 0x40 : 0) | (isUefi ? 0x20 : 0);
  const bytes = [0x00, 0x08, 0x05, flags, selector, 0x00, 0x00, 0x00].map(
    (byte) => `0x${byte.toString(16).padStart(2, '0')}`,
  );
  return (await call(['raw', ...bytes])).stdout;
}

async function setAndCheck(call: Call, request: Request, wish: BootWish, selector: number): Promise<string> {
  await setRaw(call, wish, selector);
  return checked(call, request, wish, `Set Boot Device to ${wish.device}\n`, selector);
}

/**
 * Checks that the BMC has kept the device; otherwise sets it once more as raw bytes. Returns `said`. Nothing is checked
 * when the BMC keeps no flags at all, or they cannot be read. Throws ModelError 502 with the BMC's settings.
 */
async function checked(
  call: Call,
  request: Request,
  wish: BootWish,
  said: string,
  selector = SELECTORS[wish.device],
): Promise<string> {
  const first = await flagsNow(call);
  if (first === undefined || isKept(first, wish, selector)) return said;
  await setRaw(call, wish, selector);
  const now = await flagsNow(call);
  if (now === undefined || isKept(now, wish, selector)) return said;
  const span = (persistent: boolean) => (persistent ? 'every start' : 'the next start');
  const asked = `${wish.device}, ${wish.isUefi ? 'uefi' : 'legacy-bios'}, ${span(wish.isPersistent)}`;
  const has = `${now.device}, ${now.mode}, ${span(now.persistent)}${now.valid ? '' : ', not valid'}`;
  const bmc = textParam(request.params, 'ipmi/address');
  throw refusal(502, `BMC ${bmc}: the boot device is not set: asked for ${asked}; the BMC has ${has}`);
}

async function flagsNow(call: Call): Promise<BootFlags | undefined> {
  try {
    return parseBootFlags((await call(['chassis', 'bootparam', 'get', '5'])).stdout);
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function isKept(flags: BootFlags, { isUefi, isPersistent }: BootWish, selector: number): boolean {
  const [, kept = 0] = Buffer.from(flags.data, 'hex');
  if ((kept & 0x3c) !== selector) return false;
  return !flags.valid || (flags.persistent === isPersistent && (flags.mode === 'uefi') === isUefi);
}

/** Runs chassis bootdev. ipmitool 1.8.19 exits with code 0 when the BMC refuses the device, so its text is checked. */
async function bootDevice(call: Call, device: BootDevice | 'none', ...options: string[]): Promise<string> {
  const done = { proof: 'Set Boot Device to' };
  return (await call(['chassis', 'bootdev', device, ...options], done)).stdout;
}

/**
 * Keeps the BMC from dropping boot flags after a minute. ipmitool 1.8.19 refuses the options for this (with code 0), so
 * boot option 3 is set raw. A BMC without that option still boots the device when the machine starts in time.
 */
async function keepBootFlags(call: Call): Promise<void> {
  const options = 'options=no-power,no-reset,no-watchdog,no-timeout';
  const { stderr } = await call(['chassis', 'bootparam', 'set', 'bootflag', 'none', options]);
  if (!stderr.includes('Invalid option: no-')) return;
  try {
    await call(['raw', '0x00', '0x08', '0x03', '0x0f']);
  } catch {
    // Some BMCs do not have boot option 3.
  }
}

function bootsByUefi({ params }: Request): boolean {
  return choiceParam(params, 'detected-bios-mode', ['uefi', 'legacy-bios']) === 'uefi';
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

async function bootFlags(call: Call, request: Request): Promise<BootFlags> {
  const { stdout } = await call(['chassis', 'bootparam', 'get', '5']);
  const flags = parseBootFlags(stdout);
  if (flags === undefined)
    throw refusal(502, `ipmitool told no boot flags: ${excerpt(stdout, secretsOf(request))}`);
  return flags;
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

/** `Warnings` is set when some entries could not be read. */
interface Sel {
  info: Record<string, FieldValue>;
  events: SelEvent[];
  Warnings?: string[];
}

async function sel(call: Call): Promise<Sel> {
  const about = parseFields((await call(['sel', 'info'])).stdout);
  if (about.Entries === '0') return { info: about, events: [] };
  const { stdout, problem } = await table(call, 'sel', about.Entries);
  const events = parseSel(stdout);
  const count = Number(about.Entries);
  const isCut = problem !== undefined || events.length < count;
  const warning = `${events.length} of ${about.Entries} entries were read${problem ?? ''}`;
  return { info: about, events, ...(isCut ? { Warnings: [warning] } : {}) };
}

/**
 * The sensors of the BMC; when the table is cut, the last entry says so. An empty repository is not read, because
 * ipmitool would fill it with records of its own. The table has no lines for records other than sensors, so it can be
 * shorter than the number of records.
 */
async function sensors(call: Call): Promise<(Sensor | { Warnings: string[] })[]> {
  const repository = await call(['sdr', 'info'], { tolerant: true });
  const count = parseFields(repository.stdout)['Record Count'];
  if (count === '0') return [];
  const { stdout, problem } = await table(call, 'sdr', count);
  const found = parseSensors(stdout);
  const rows = stdout.split('\n').filter((line) => line.includes('|')).length;
  if (problem === undefined && !(rows < Number(count) * LEAST_OF_RECORDS)) return found;
  return [...found, { Warnings: [`${rows} of ${count} records were read${problem ?? ''}`] }];
}

/** About half of a machine's records are sensors. A table with fewer lines than this part of the records was cut. */
const LEAST_OF_RECORDS = 0.5;

/**
 * Reads a table of `count` records, with the messages about missing ones. ipmitool exits with code 0 although the BMC
 * sent nothing or stopped in the middle (openbmc/openbmc 3326), and with code 1 after one unreadable record.
 */
async function table(
  call: Call,
  name: 'sel' | 'sdr',
  count: FieldValue | undefined,
): Promise<{ stdout: string; problem: string | undefined }> {
  const { stdout, stderr } = await call([name, 'elist'], { ...TABLE, tolerant: true });
  if (stdout.trim() === '' && Number(count) > 0)
    throw refusal(502, `ipmitool ${name} elist: read none of ${count} records`);
  const said = stderr.split('\n').find((line) => CUT.test(line));
  return { stdout, problem: said === undefined ? undefined : `: ${said.trim().slice(0, 200)}` };
}

/** ipmitool's messages about records that it cannot read. */
const CUT = /Get (SEL Entry|SDR) \S+ command failed|ipmi_sdr_get_record failed|Unable to renew|reservation/i;
