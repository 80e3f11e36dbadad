import {
  type Bmc,
  type BootFlags,
  type Call,
  type CallOptions,
  type FieldValue,
  type Fru,
  Ipmitool,
  parseBootFlags,
  parseFields,
  parseFru,
  parseSel,
  parseSensors,
  refusal,
  type SelEvent,
  type Sensor,
} from '../../lib/ipmi/index.ts';
import { ModelError, Secrets } from '../../lib/models/index.ts';
import type { Driver, Request } from './driver.ts';
import { excerpt } from './excerpt.ts';
import { notInstalled } from './not-installed.ts';
import { choiceParam, numberParam, textParam } from './params.ts';

/** Does one action, given a call to the machine's BMC. */
type Work = (call: Call, request: Request) => Promise<unknown>;

/** `ipmi/mode` `ipmitool`: IPMI 2.0 over the network, with the ipmitool on the PATH. Results are its text. */
export function ipmitoolDriver(ipmitool = new Ipmitool()): Driver {
  return {
    name: 'ipmi',
    commands: new Set(WORK.keys()),
    missing: async () => ((await ipmitool.isInstalled()) ? undefined : notInstalled('ipmitool')),
    run: async (request) => {
      const work = WORK.get(request.command);
      if (work === undefined) throw refusal(404, `No such action: ${request.command}`);
      return ipmitool.withBmc(bmcOf(request), request.signal, (call) => work(call, request));
    },
    power: (request) => ipmitool.withBmc(bmcOf(request), request.signal, (call) => powerState(call, request)),
  };
}

function bmcOf({ params }: Request): Bmc {
  return {
    address: textParam(params, 'ipmi/address'),
    port: numberParam(params, 'ipmi/port-ipmitool', 65_535, 0),
    username: textParam(params, 'ipmi/username'),
    password: textParam(params, 'ipmi/password'),
    cipherSuite: numberParam(params, 'ipmi/cipher-suite', 17, 0),
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
  ['nextbootpxe', nextBoot('pxe')],
  ['nextbootdisk', nextBoot('disk')],
  ['nextbootcd', nextBoot('cdrom')],
  ['forcebootpxe', forceBoot('pxe', '0x04')],
  ['forcebootdisk', forceBoot('disk', '0x08')],
  ['identify', identify],
  ['status', async (call) => parseFields((await call(['chassis', 'status'])).stdout)],
  ['getInfo', info],
  ['getBoot', bootFlags],
  ['sel', sel],
  ['sensors', sensors],
]);

/** For commands that read a whole table, record by record. */
const TABLE: CallOptions = { terse: true, timeLimitMs: 180_000 };

/** The code of the error that says that a BMC cannot do something in its present state. */
const WRONG_STATE = 409;

function text(...command: string[]): Work {
  return async (call) => (await call(command)).stdout;
}

async function powerState(call: Call, request: Request): Promise<string> {
  const { stdout } = await call(['chassis', 'power', 'status']);
  const state = /Chassis Power is (\S+)/.exec(stdout)?.[1];
  if (state === undefined)
    throw refusal(502, `ipmitool told no power state: ${excerpt(stdout, secretsOf(request))}`);
  return state;
}

/** Some BMCs refuse to do what is done already; that is not a failure, and the state is the result. */
function powerTo(state: 'on' | 'off'): Work {
  return (call) =>
    unlessWrongState(call, state, async (refused) => {
      const { stdout } = await call(['chassis', 'power', 'status']);
      if (stdout.trim() !== `Chassis Power is ${state}`) throw refused;
      return stdout;
    });
}

/** A chassis that is off cannot be cycled (IPMI 2.0 section 28.3); what is wanted is that it starts. */
function powerCycle(call: Call): Promise<string> {
  return unlessWrongState(call, 'cycle', async () => (await call(['chassis', 'power', 'on'])).stdout);
}

/** What ipmitool says of a power command, or what `otherwise` does when the BMC cannot do it in its present state. */
async function unlessWrongState(
  call: Call,
  command: string,
  otherwise: (refused: ModelError) => Promise<string>,
): Promise<string> {
  try {
    return (await call(['chassis', 'power', command])).stdout;
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== WRONG_STATE) throw error;
    return otherwise(error);
  }
}

/** A boot device for the next start only. */
function nextBoot(device: string): Work {
  return async (call, request) => {
    const efi = bootsByUefi(request) ? ['options=efiboot'] : [];
    await keepBootFlags(call);
    return bootDevice(call, device, ...efi);
  };
}

/** A boot device for every start from now on. `code` is the device in data 2 of boot option 5. */
function forceBoot(device: string, code: string): Work {
  return async (call, request) => {
    const uefi = bootsByUefi(request);
    await keepBootFlags(call);
    // ipmitool before 1.8.19 cannot set efiboot and persistent together. 0xe0: valid, persistent, UEFI.
    if (!uefi) return bootDevice(call, device, 'options=persistent');
    return (await call(['raw', '0x00', '0x08', '0x05', '0xe0', code, '0x00', '0x00', '0x00'])).stdout;
  };
}

/** ipmitool 1.8.19 ends with code 0 when the BMC refuses the device. */
async function bootDevice(call: Call, device: string, ...options: string[]): Promise<string> {
  const done = { proof: 'Set Boot Device to' };
  return (await call(['chassis', 'bootdev', device, ...options], done)).stdout;
}

/**
 * Asks the BMC not to forget boot flags by itself, as it would after a minute. ipmitool 1.8.19 takes none of these
 * options (and says so with code 0), so that boot option 3 is set raw there; a BMC without it still boots in time.
 */
async function keepBootFlags(call: Call): Promise<void> {
  const options = 'options=no-power,no-reset,no-watchdog,no-timeout';
  const { stderr } = await call(['chassis', 'bootparam', 'set', 'bootflag', 'none', options]);
  if (!stderr.includes('Invalid option: no-')) return;
  try {
    await call(['raw', '0x00', '0x08', '0x03', '0x0f']);
  } catch {
    // Not every BMC has boot option 3.
  }
}

function bootsByUefi({ params }: Request): boolean {
  return choiceParam(params, 'detected-bios-mode', ['uefi', 'legacy-bios']) === 'uefi';
}

/** Seconds that the identify light is on; 0 switches it off. IPMI has one byte for it. */
async function identify(call: Call, { params }: Request): Promise<string> {
  const seconds = numberParam(params, 'ipmi/identify-duration', 255, 60);
  return (await call(['chassis', 'identify', String(seconds)])).stdout;
}

/** The controller, and the parts that it knows. ipmitool fails when one of several FRUs cannot be read. */
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

async function sel(call: Call): Promise<{ info: Record<string, FieldValue>; events: SelEvent[] }> {
  const about = parseFields((await call(['sel', 'info'])).stdout);
  const events = about.Entries === '0' ? '' : await table(call, 'sel', about.Entries);
  return { info: about, events: parseSel(events) };
}

/** ipmitool fills a repository that is empty with records of its own making, so an empty one is not asked. */
async function sensors(call: Call): Promise<Sensor[]> {
  const repository = await call(['sdr', 'info'], { tolerant: true });
  const count = parseFields(repository.stdout)['Record Count'];
  return count === '0' ? [] : parseSensors(await table(call, 'sdr', count));
}

/** The table of all records, of which there are `count`. ipmitool ends with code 0 although the BMC gave it none. */
async function table(call: Call, name: 'sel' | 'sdr', count: FieldValue | undefined): Promise<string> {
  const { stdout } = await call([name, 'elist'], TABLE);
  if (stdout.trim() === '' && Number(count) > 0)
    throw refusal(502, `ipmitool ${name} elist: read none of ${count} records`);
  return stdout;
}
