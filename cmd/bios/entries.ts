import { type Attribute, type Bios, dependentValue } from '../../lib/redfish/index.ts';

/** An attribute in the format of `drp-bioscfg -operation get`. All values are strings. */
export interface Entry {
  Name: string;
  Type: string;
  ReadOnly?: true;
  PendingValid?: true;
  Current?: string;
  Pending?: string;
  Default?: string;
  Checker: {
    Int: { Valid?: true; Min?: number; Max?: number };
    String: { Valid?: true; MinLen?: number; MaxLen?: number; Regex?: string };
    Enum: { Valid?: true; Values?: readonly string[] };
    Seq: { Valid?: true };
  };
}

/** All attributes, sorted by name. */
export function entriesOf(bios: Bios): Record<string, Entry> {
  const names = Object.keys(bios.attributes).sort();
  return Object.fromEntries(names.map((name) => [name, entryOf(bios, name)]));
}

/** The values of all writable attributes by name, as a configuration for other machines. */
export function exportOf(bios: Bios): Record<string, string> {
  const names = Object.keys(bios.attributes).sort();
  return Object.fromEntries(
    names
      .filter((name) => isWritable(bios, name) && bios.attributes[name] !== null)
      .map((name) => [name, textOf(bios.attributes[name]) ?? '']),
  );
}

/** Whether an attribute is not a password, and neither read-only nor made so by other attributes. */
function isWritable(bios: Bios, name: string): boolean {
  return (
    bios.registry?.attributes.get(name)?.type !== 'Password' &&
    obstacle(bios, name, bios.attributes) === undefined
  );
}

/** Why an attribute cannot be set, given these values of all attributes; undefined when it can. */
export function obstacle(bios: Bios, name: string, values: Bios['attributes']): Obstacle | undefined {
  const attribute = bios.registry?.attributes.get(name);
  if (attribute === undefined) return undefined;
  if (attribute.isFixed) return { because: undefined };
  for (const property of ['ReadOnly', 'GrayOut'] as const) {
    const dependent = dependentValue(bios.registry?.dependencies ?? [], name, property, values);
    const isSo =
      dependent === undefined ? property === 'GrayOut' && attribute.isGrayOut : dependent.value === true;
    if (isSo) return { because: dependent?.because };
  }
  return undefined;
}

export interface Obstacle {
  /** The conditions that make it read-only; undefined when it always is. */
  because: NonNullable<ReturnType<typeof dependentValue>>['because'] | undefined;
}

function entryOf(bios: Bios, name: string): Entry {
  const attribute = bios.registry?.attributes.get(name);
  const isSecret = attribute?.type === 'Password';
  const current = isSecret ? undefined : textOf(bios.attributes[name]);
  const pending = isSecret ? undefined : textOf(bios.pending[name]);
  const fallback = isSecret ? undefined : textOf(attribute?.fallback);
  return {
    Name: name,
    Type: attribute?.type ?? typeOf(bios.attributes[name]),
    ...(obstacle(bios, name, bios.attributes) === undefined ? {} : { ReadOnly: true }),
    ...(pending === undefined ? {} : { PendingValid: true }),
    ...(current === undefined ? {} : { Current: current }),
    ...(pending === undefined ? {} : { Pending: pending }),
    ...(fallback === undefined ? {} : { Default: fallback }),
    Checker: checkerOf(attribute),
  };
}

function checkerOf(attribute: Attribute | undefined): Entry['Checker'] {
  const checker: Entry['Checker'] = { Int: {}, String: {}, Enum: {}, Seq: {} };
  switch (attribute?.type) {
    case 'Integer':
      checker.Int = { Valid: true, ...known({ Min: attribute.lowerBound, Max: attribute.upperBound }) };
      break;
    case 'String':
      checker.String = {
        Valid: true,
        ...known({ MinLen: attribute.minLength, MaxLen: attribute.maxLength, Regex: attribute.expression }),
      };
      break;
    case 'Enumeration':
      checker.Enum = { Valid: true, Values: attribute.values };
      break;
    case 'Boolean':
      checker.Enum = { Valid: true, Values: ['true', 'false'] };
      break;
    default:
  }
  return checker;
}

function known<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function typeOf(value: unknown): string {
  if (typeof value === 'number') return 'Integer';
  return typeof value === 'boolean' ? 'Boolean' : 'String';
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
