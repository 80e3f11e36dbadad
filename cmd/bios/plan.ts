import { isObject } from '../../lib/models/index.ts';
import { type Bios, conditionsText, type Values } from '../../lib/redfish/index.ts';
import { obstacle } from './entries.ts';
import { refusal } from './failure.ts';
import { valueFor } from './value.ts';

/** The changes that a configuration requires. */
export interface Plan {
  /** New values, in the types of the BIOS. */
  changes: Values;
  /** What was ignored in the configuration, and why. */
  notes: string[];
}

/** Prefix of attribute names in racadm's configurations. */
const DELL = /^BIOS\.Setup\.1-1[/.#]/i;

/**
 * Compares a configuration (names to values) with the BIOS settings after the next boot. Unknown, read-only and
 * password attributes are ignored. Throws ModelError 400 with all invalid values.
 */
export async function planFor(bios: Bios, target: unknown): Promise<Plan> {
  if (!isObject(target))
    throw refusal(400, 'bios-target-configuration: expected an object of values by the names of attributes');
  const notes: string[] = [];
  const invalid = new Map<string, string>();
  const wanted = new Map<string, unknown>();
  for (const [given, value] of Object.entries(target)) {
    const name = given.replace(DELL, '');
    const attribute = bios.registry?.attributes.get(name);
    if (!Object.hasOwn(bios.attributes, name)) notes.push(`${name}: this BIOS does not have it`);
    else if (attribute?.type === 'Password') notes.push(`${name}: is a password: see biosChangePassword`);
    else {
      const reading = valueFor(attribute, bios.attributes[name], value);
      const problem =
        'problem' in reading ? reading.problem : await mismatch(attribute?.expression, reading.value);
      if (problem !== undefined) invalid.set(name, problem);
      else if ('value' in reading) wanted.set(name, reading.value);
    }
  }
  const planned: Record<string, unknown> = {
    ...bios.attributes,
    ...bios.pending,
    ...Object.fromEntries(wanted),
  };
  const isSettable = (name: string) => {
    const hindrance = obstacle(bios, name, planned);
    if (hindrance === undefined) return true;
    const { because } = hindrance;
    notes.push(`${name}: is read-only${because === undefined ? '' : ` when ${conditionsText(because)}`}`);
    return false;
  };
  const problems = [...invalid]
    .filter(([name]) => isSettable(name))
    .map(([name, problem]) => `bios-target-configuration: ${name}: ${problem}`);
  if (problems.length > 0) throw refusal(400, problems);
  const changes = Object.fromEntries(
    [...wanted].filter(([name, value]) => {
      const now = Object.hasOwn(bios.pending, name) ? bios.pending[name] : bios.attributes[name];
      return value !== now && isSettable(name);
    }),
  );
  return { changes, notes };
}

/** Longer expressions are ignored. */
const LONGEST_EXPRESSION = 1000;

/**
 * Tests a value against an expression from the BMC in linear time, since it is untrusted. An invalid expression allows
 * anything.
 */
async function mismatch(expression: string | undefined, value: unknown): Promise<string | undefined> {
  if (expression === undefined || typeof value !== 'string' || expression.length > LONGEST_EXPRESSION)
    return undefined;
  const { RE2JS } = await import('re2js');
  try {
    if (RE2JS.compile(expression).matcher(value).find()) return undefined;
  } catch {
    return undefined;
  }
  return `does not match ${expression}`;
}
