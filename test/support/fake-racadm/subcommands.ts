import { BOOT_DEVICES, type IdracState } from './state.ts';

/** What an iDRAC answers to a subcommand. */
export interface Said {
  text: string;
  /** racadm's exit code. */
  code: number;
}

const ok = (text: string): Said => ({ text, code: 0 });
const failed = (text: string): Said => ({ text: `ERROR: ${text}`, code: 1 });

/** Does a subcommand as an iDRAC 9 does, and changes `state`. The words are those of Dell's RACADM guides. */
export function obey(state: IdracState, [name = '', ...args]: readonly string[]): Said {
  if (state.fault === 'busy')
    return failed('The iDRAC is not ready. Retry the operation after a few minutes.');
  if (state.fault === 'unknown') return failed('RAC4711: The flux capacitor is out of tune.');
  if (name === 'serveraction') return serverAction(state, args);
  if (name === 'set') return set(state, args);
  if (name === 'setled') return setLed(state, args);
  return failed('Invalid subcommand specified.');
}

function serverAction(state: IdracState, [action, ...rest]: readonly string[]): Said {
  if (rest.length > 0) return failed('Invalid syntax.');
  if (action === 'powerstatus') return ok(`Server power status: ${state.power}`);
  if (state.fault === 'privilege') return failed('Insufficient privilege level');
  const turnTo = (...states: ('ON' | 'OFF')[]): Said => {
    for (const power of states) {
      state.power = power;
      state.changes.push(`power ${power}`);
    }
    return ok('Server power operation successful');
  };
  const already = ok(`Server is already powered ${state.power}.`);
  switch (action) {
    case 'powerup':
      return state.power === 'ON' ? already : turnTo('ON');
    case 'powerdown':
      return state.power === 'OFF' ? already : turnTo('OFF');
    case 'powercycle':
      return state.power === 'OFF' ? already : turnTo('OFF', 'ON');
    default:
      return failed('Invalid syntax.');
  }
}

function set(state: IdracState, [attribute = '', value = '', ...rest]: readonly string[]): Said {
  if (rest.length > 0) return failed('Invalid syntax.');
  if (state.fault === 'privilege') return failed('Insufficient privilege level');
  const modified = ok('[Key=iDRAC.Embedded.1#ServerBoot.1]\nObject value modified successfully');
  switch (attribute.toLowerCase()) {
    case 'idrac.serverboot.bootonce':
      if (value !== 'Enabled' && value !== 'Disabled')
        return failed('RAC947: Invalid object value specified.');
      state.bootOnce = value;
      state.changes.push(`bootOnce ${value}`);
      return modified;
    case 'idrac.serverboot.firstbootdevice':
      if (!BOOT_DEVICES.includes(value)) return failed('RAC947: Invalid object value specified.');
      if (state.fault === 'license') return failed('LIC501: A required license is missing or expired.');
      state.firstBootDevice = value;
      state.changes.push(`firstBootDevice ${value}`);
      return modified;
    default:
      return failed('RAC917: The specified object is not valid.');
  }
}

function setLed(state: IdracState, [option, value, ...rest]: readonly string[]): Said {
  if (option !== '-l' || (value !== '0' && value !== '1') || rest.length > 0)
    return failed('Invalid syntax.');
  state.blinking = value === '1';
  state.changes.push(`blinking ${state.blinking}`);
  return ok(state.blinking ? 'RAC0907: System ID LED blink on.' : 'RAC0908: System ID LED blink off.');
}
