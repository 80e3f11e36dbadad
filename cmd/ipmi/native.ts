import {
  type BootDevice,
  type BootFlags,
  bootFlags,
  chassisStatus,
  clearSel,
  coldReset,
  controlPower,
  deviceId,
  deviceInfo,
  type FieldValue,
  type Fru,
  type IpmiSession,
  identify,
  type Lan,
  type PowerControl,
  powerState,
  readFrus,
  readLan,
  readSensors,
  readUsers,
  refusal,
  type SelEvent,
  type Sensor,
  selEvents,
  selInfo,
  setBootOrder,
  setPassword,
  solInfo,
  Unsuitable,
} from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Request } from './driver.ts';
import { newPassword } from './new-password.ts';
import { bootsByUefi, numberParam } from './params.ts';

/** Runs an action in a session with the machine's BMC. */
type Work = (session: IpmiSession, request: Request) => Promise<unknown>;

/** The actions of mode `ipmitool` without ipmitool, with the same results. */
export const NATIVE_WORK: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['powerstatus', async (session) => statusText(await powerState(session))],
  ['poweron', powerTo('on')],
  ['poweroff', powerTo('off')],
  ['powercycle', unlessOff('cycle')],
  ['powerreset', (session) => controlPower(session, 'reset')],
  ['powersoft', (session) => controlPower(session, 'soft')],
  ['nmi', (session) => controlPower(session, 'nmi')],
  ['nextbootpxe', boot('pxe', false)],
  ['nextbootdisk', boot('disk', false)],
  ['nextbootcd', boot('cdrom', false)],
  ['nextbootbios', boot('bios', false)],
  ['forcebootpxe', boot('pxe', true)],
  ['forcebootdisk', boot('disk', true)],
  ['clearBoot', (session) => setBootOrder(session, { device: 'none', uefi: false, persistent: false })],
  ['identify', identifyFor],
  ['status', (session) => chassisStatus(session)],
  ['getInfo', info],
  ['getBoot', (session): Promise<BootFlags> => bootFlags(session)],
  ['sel', sel],
  ['clearSel', (session) => clearSel(session)],
  ['sensors', sensors],
  ['solInfo', (session) => solInfo(session)],
  ['getUsers', (session) => readUsers(session)],
  ['setUserPassword', setUserPassword],
  ['resetBmc', (session) => coldReset(session)],
  ['getLan', (session): Promise<Lan> => readLan(session)],
]);

/** HTTP code of a BMC's "not supported in present state". */
const WRONG_STATE = 409;
/** Codes after which the wanted state may be reached nevertheless. */
const UNCLEAR = new Set([WRONG_STATE, 502]);

function statusText(state: string): string {
  return `Chassis Power is ${state}\n`;
}

/** Some BMCs refuse to change to the state that they are in, or do not acknowledge the change: the state decides. */
function powerTo(state: 'on' | 'off'): Work {
  return async (session) => {
    try {
      return await controlPower(session, state);
    } catch (error) {
      if (!(error instanceof ModelError) || error instanceof Unsuitable || !UNCLEAR.has(error.code))
        throw error;
      const now = await powerState(session).catch(() => undefined);
      if (now !== state) throw error;
      return statusText(state);
    }
  };
}

/** A chassis that is off cannot be power-cycled (IPMI 2.0 section 28.3), so it is switched on. */
function unlessOff(control: PowerControl): Work {
  return async (session) => {
    try {
      return await controlPower(session, control);
    } catch (error) {
      if (!isWrongState(error)) throw error;
      return controlPower(session, 'on');
    }
  };
}

function isWrongState(error: unknown): boolean {
  return error instanceof ModelError && error.code === WRONG_STATE;
}

function boot(device: BootDevice, persistent: boolean): Work {
  return (session, { params }) => setBootOrder(session, { device, uefi: bootsByUefi(params), persistent });
}

/**
 * Sets the password of a user. Returns ipmitool's message. Throws ModelError 404 that lists the users when there is no
 * such user.
 */
async function setUserPassword(session: IpmiSession, { params }: Request): Promise<string> {
  const { user, password } = newPassword(params);
  const users = await readUsers(session);
  const found = users.find(({ name }) => name === user);
  if (found === undefined) {
    const names = users.map(({ name }) => name).filter((name) => name !== '');
    throw refusal(404, [
      `BMC ${session.bmc}: has no user ${JSON.stringify(user)} (ipmi/user)`,
      `it has ${names.join(', ')}`,
    ]);
  }
  await setPassword(session, found.id, password);
  return `Set User Password command successful (user ${found.id})\n`;
}

/** Switches the identify light on for a number of seconds, at most one byte; 0 switches it off. */
function identifyFor(session: IpmiSession, { params }: Request): Promise<string> {
  return identify(session, numberParam(params, 'ipmi/identify-duration', 255, 60));
}

async function info(session: IpmiSession): Promise<{ mc: Record<string, FieldValue>; fru: Fru[] }> {
  const mc = await deviceInfo(session);
  return { mc, fru: await readFrus(session, await deviceId(session)) };
}

/** `Warnings` is set when some entries could not be read. */
interface Sel {
  info: Record<string, FieldValue>;
  events: SelEvent[];
  Warnings?: string[];
}

async function sel(session: IpmiSession): Promise<Sel> {
  const about = await selInfo(session);
  const events = about.Entries === '0' ? [] : await selEvents(session);
  if (events.length >= Number(about.Entries)) return { info: about, events };
  return { info: about, events, Warnings: [`${events.length} of ${about.Entries} entries were read`] };
}

/** All sensors. When records could not be read, the last entry says so. */
async function sensors(session: IpmiSession): Promise<(Sensor | { Warnings: string[] })[]> {
  const { sensors: found, read, announced, skipped } = await readSensors(session);
  if (skipped === 0 && read >= (announced ?? 0)) return found;
  return [...found, { Warnings: [`${read} of ${announced ?? read + skipped} records were read`] }];
}
