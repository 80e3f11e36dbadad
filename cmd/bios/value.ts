import type { Attribute } from '../../lib/redfish/index.ts';

/** A valid value for an attribute, or the reason why the given value is not valid. */
export type Reading = { value: unknown } | { problem: string };

/** How many allowed values an error lists. */
const MOST_NAMED = 20;

/**
 * Converts `wanted` from a configuration to the attribute's type: configurations, like those of vendors' tools, often
 * contain strings. Without a registry `attribute` is undefined, and the type of the `current` value is used.
 */
export function valueFor(attribute: Attribute | undefined, current: unknown, wanted: unknown): Reading {
  switch (attribute?.type) {
    case 'Enumeration':
      return enumerated(attribute, wanted);
    case 'Integer':
      return integer(wanted, attribute);
    case 'Boolean':
      return truth(wanted);
    case 'String':
      return text(wanted, attribute);
    default:
      if (typeof current === 'number') return integer(wanted);
      return typeof current === 'boolean' ? truth(wanted) : text(wanted);
  }
}

function enumerated({ values }: Attribute, wanted: unknown): Reading {
  if (!isScalar(wanted)) return { problem: 'expected a text' };
  const name = String(wanted);
  if (values.length === 0 || values.includes(name)) return { value: name };
  const listed = values.slice(0, MOST_NAMED).join(', ') + (values.length > MOST_NAMED ? ', ...' : '');
  const alike = values.find((value) => value.toLowerCase() === name.toLowerCase());
  const meant = alike === undefined ? '' : `; did you mean ${alike}?`;
  return { problem: `${JSON.stringify(wanted)} is not one of ${listed}${meant}` };
}

function integer(wanted: unknown, attribute?: Attribute): Reading {
  const value = wholeNumber(wanted);
  if (value === undefined) return { problem: `expected a whole number, found ${JSON.stringify(wanted)}` };
  const { lowerBound, upperBound, step } = attribute ?? {};
  if ((lowerBound !== undefined && value < lowerBound) || (upperBound !== undefined && value > upperBound)) {
    return { problem: `${value} is not from ${lowerBound ?? 'any number'} to ${upperBound ?? 'any number'}` };
  }
  if (step !== undefined && (value - (lowerBound ?? 0)) % step !== 0) {
    return { problem: `${value} is not ${lowerBound ?? 0} and a multiple of ${step} more` };
  }
  return { value };
}

/** Parses a decimal number, or a hexadecimal one with `0x`. */
function wholeNumber(wanted: unknown): number | undefined {
  const number =
    typeof wanted === 'string' && /^\s*(-?\d{1,15}|0x[\da-f]{1,12})\s*$/i.test(wanted)
      ? Number(wanted)
      : wanted;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function truth(wanted: unknown): Reading {
  if (typeof wanted === 'boolean') return { value: wanted };
  if (typeof wanted === 'string' && /^(true|false)$/i.test(wanted))
    return { value: wanted.toLowerCase() === 'true' };
  return { problem: `expected true or false, found ${JSON.stringify(wanted)}` };
}

function text(wanted: unknown, attribute?: Attribute): Reading {
  if (!isScalar(wanted)) return { problem: 'expected a text' };
  const value = String(wanted);
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = attribute ?? {};
  if (value.length < minLength)
    return { problem: `has ${value.length} characters, at least ${minLength} are needed` };
  if (value.length > maxLength)
    return { problem: `has ${value.length} characters, at most ${maxLength} are allowed` };
  return { value };
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
