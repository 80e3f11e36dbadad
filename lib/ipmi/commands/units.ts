/** Units of sensors by number (IPMI 2.0, table 43-15). The texts are ipmitool's. */
const UNITS: readonly string[] = [
  'unspecified',
  'degrees C',
  'degrees F',
  'degrees K',
  'Volts',
  'Amps',
  'Watts',
  'Joules',
  'Coulombs',
  'VA',
  'Nits',
  'lumen',
  'lux',
  'Candela',
  'kPa',
  'PSI',
  'Newton',
  'CFM',
  'RPM',
  'Hz',
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'mil',
  'inches',
  'feet',
  'cu in',
  'cu feet',
  'mm',
  'cm',
  'm',
  'cu cm',
  'cu m',
  'liters',
  'fluid ounce',
  'radians',
  'steradians',
  'revolutions',
  'cycles',
  'gravities',
  'ounce',
  'pound',
  'ft-lb',
  'oz-in',
  'gauss',
  'gilberts',
  'henry',
  'millihenry',
  'farad',
  'microfarad',
  'ohms',
  'siemens',
  'mole',
  'becquerel',
  'PPM',
  'reserved',
  'Decibels',
  'DbA',
  'DbC',
  'gray',
  'sievert',
  'color temp deg K',
  'bit',
  'kilobit',
  'megabit',
  'gigabit',
  'byte',
  'kilobyte',
  'megabyte',
  'gigabyte',
  'word',
  'dword',
  'qword',
  'line',
  'hit',
  'miss',
  'retry',
  'reset',
  'overflow',
  'underrun',
  'collision',
  'packets',
  'messages',
  'characters',
  'error',
  'correctable error',
  'uncorrectable error',
  'fatal error',
  'grams',
];

/** Relations of the base unit and the modifier unit (table 43-1, byte 21). */
const DIVIDED = 1;
const MULTIPLIED = 2;
const UNSPECIFIED = 0;

export interface UnitFields {
  /** Byte 21 of a full or compact record. */
  flags: number;
  base: number;
  modifier: number;
}

/** The name of a unit: `degrees C`, `Watts/second`, `percent`. */
export function unitName({ flags, base, modifier }: UnitFields): string {
  const isPercent = (flags & 1) !== 0;
  const name = (unit: number) => UNITS[unit] ?? 'invalid';
  const relation = (flags >> 1) & 3;
  const percent = isPercent ? '% ' : '';
  // Some vendors set a relation without a modifier unit.
  if (relation === DIVIDED && modifier !== UNSPECIFIED) return `${percent}${name(base)}/${name(modifier)}`;
  if (relation === MULTIPLIED && modifier !== UNSPECIFIED) return `${percent}${name(base)}*${name(modifier)}`;
  return isPercent && base === UNSPECIFIED ? 'percent' : `${percent}${name(base)}`;
}
