import { refusal } from '../../models/index.ts';
import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { Unanswered } from '../lanplus/unanswered.ts';
import { ask, refused, tooShort } from './ask.ts';
import type { Fields } from './fields.ts';

export type PowerControl = 'off' | 'on' | 'cycle' | 'reset' | 'nmi' | 'soft';

/** Data of Chassis Control (IPMI 2.0, section 28.3), and ipmitool's name for it. */
const CONTROLS: Readonly<Record<PowerControl, { data: number; called: string; once: boolean }>> = {
  off: { data: 0, called: 'Down/Off', once: false },
  on: { data: 1, called: 'Up/On', once: false },
  cycle: { data: 2, called: 'Cycle', once: true },
  reset: { data: 3, called: 'Reset', once: true },
  nmi: { data: 4, called: 'Diag', once: true },
  soft: { data: 5, called: 'Soft', once: true },
};

const RESTORE_POLICIES = ['always-off', 'previous', 'always-on', 'unknown'];
const POWER_EVENTS = ['ac-failed', 'overload', 'interlock', 'fault', 'command'];
const GET_STATUS = { netFn: 0x00, command: 0x01 };

/** Get Chassis Status (IPMI 2.0, section 28.2), with the names of `ipmitool chassis status`. Throws ModelError. */
export async function chassisStatus(session: IpmiSession): Promise<Fields> {
  const [power, event, state, panel] = await status(session);
  const isSet = (byte: number, bit: number) => (byte & (1 << bit)) !== 0;
  const active = (is: boolean) => (is ? 'active' : 'inactive');
  return {
    'System Power': isSet(power, 0) ? 'on' : 'off',
    'Power Overload': isSet(power, 1),
    'Power Interlock': active(isSet(power, 2)),
    'Main Power Fault': isSet(power, 3),
    'Power Control Fault': isSet(power, 4),
    'Power Restore Policy': RESTORE_POLICIES[(power >> 5) & 3] ?? 'unknown',
    'Last Power Event': POWER_EVENTS.filter((_name, bit) => isSet(event, bit)).join(' '),
    'Chassis Intrusion': active(isSet(state, 0)),
    'Front-Panel Lockout': active(isSet(state, 1)),
    'Drive Fault': isSet(state, 2),
    'Cooling/Fan Fault': isSet(state, 3),
    ...(panel === undefined ? {} : frontPanel(panel)),
  };
}

/** The power state. Throws ModelError. */
export async function powerState(session: IpmiSession): Promise<'on' | 'off'> {
  const [power] = await status(session);
  return (power & 1) === 0 ? 'off' : 'on';
}

/**
 * Sends Chassis Control. Returns ipmitool's success message. Throws ModelError, 409 when the power state does not allow
 * it.
 */
export async function controlPower(session: IpmiSession, control: PowerControl): Promise<string> {
  const { data, called, once } = CONTROLS[control];
  const request = { netFn: 0x00, command: 0x02, data: [data] };
  const { code } = await session
    .request(request, { privilege: 'operator', once, later: 'all' })
    .catch(async (error: unknown) => {
      if (!(error instanceof Unanswered)) throw error;
      const now = await powerState(session).catch(() => {
        session.signal.throwIfAborted();
        return undefined;
      });
      const line = now === undefined ? 'the power cannot be read now' : `the power is ${now} now`;
      throw refusal(504, [...error.messages, line], error);
    });
  if (code !== COMPLETION.ok) throw refused(session, `Set Chassis Power Control to ${called}`, code);
  return `Chassis Power Control: ${called}\n`;
}

/**
 * Switches the identify light on for a number of seconds; 0 switches it off. Returns ipmitool's message. Throws
 * ModelError.
 */
export async function identify(session: IpmiSession, seconds: number): Promise<string> {
  // The optional byte for "indefinitely" is not sent, since some BMCs refuse it.
  const request = { netFn: 0x00, command: 0x04, data: [seconds] };
  await ask(session, 'Set Chassis Identify', request, { privilege: 'operator' });
  return `Chassis identify interval: ${seconds === 0 ? 'off' : `${seconds} seconds`}\n`;
}

async function status(session: IpmiSession): Promise<[number, number, number, number | undefined]> {
  const data = await ask(session, 'Get Chassis Power Status', GET_STATUS);
  const [power, event = 0, state = 0, panel] = data;
  if (power === undefined) throw tooShort(session, 'Get Chassis Status', data);
  return [power, event, state, panel];
}

/** Which buttons of the front panel can be disabled, and are. */
function frontPanel(panel: number): Fields {
  if (panel === 0) return { 'Front Panel Control': 'none' };
  const buttons = ['Power', 'Reset', 'Diag', 'Sleep'].toReversed();
  const bit = (index: number) => (panel & (0x80 >> index)) !== 0;
  return Object.fromEntries([
    ...buttons.map((name, index) => [`${name} Button Disable`, bit(index) ? 'allowed' : 'not allowed']),
    ...buttons.map((name, index) => [`${name} Button Disabled`, bit(index + 4)]),
  ]);
}
