import type { Arbitrary } from 'fast-check';
import { anyCharacter, fc } from '../support/properties.ts';

/** One change of a text: at a place in thousandths of its length, so many characters make room for others. */
interface Edit {
  at: number;
  remove: number;
  insert: string;
  /** The insertion is this many copies. */
  times: number;
}

/** Pieces that mean something to one reader or another. */
const PIECES = [
  '',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '\u0000',
  '\u2028',
  '\ufeff',
  '\ud800',
  '"',
  "'",
  '`',
  '\\',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  ',',
  '|',
  ' | ',
  '=',
  '="',
  '- ',
  '* ',
  '1. ',
  '# ',
  '::',
  '.. note:: ',
  '<',
  '>',
  '<<: ',
  '&a ',
  '*a',
  '!!binary ',
  '!!float ',
  '? ',
  '---\n',
  '%',
  '%zz',
  '0x',
  '1e999',
  '-0',
  '.nan',
  '99999999999999999999',
  '2026-02-30',
  '__proto__',
  'constructor',
  'null',
  'true',
  '~',
  'ERROR: ',
  '(ID 9)',
];

/** Where a wild piece comes in. Long runs of one piece are what finds deep recursion and slow expressions. */
const edit: Arbitrary<Edit> = fc.record({
  at: fc.nat(1000),
  remove: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(40)),
  insert: fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: anyCharacter, maxLength: 10 })),
  times: fc.oneof(
    { weight: 20, arbitrary: fc.constant(1) },
    { weight: 2, arbitrary: fc.nat(20) },
    { weight: 1, arbitrary: fc.constantFrom(300, 3_000, 15_000) },
  ),
});

function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { at, remove, insert, times }) => {
    const from = Math.floor((before.length * at) / 1000);
    return before.slice(0, from) + insert.repeat(times) + before.slice(from + remove);
  }, text);
}

/** One of these texts, with a few changes. */
export function mutated(texts: readonly string[]): Arbitrary<string> {
  const edits = fc.array(edit, { maxLength: 6 });
  return fc.tuple(fc.constantFrom(...texts), edits).map(([text, list]) => edited(text, list));
}

/** Any text, such as is made of telling pieces among them. */
export const anyText: Arbitrary<string> = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })), { maxLength: 60 })
    .map((pieces) => pieces.join('')),
  mutated(['']),
);

/** Keys that objects have without being given them, and others. */
const key = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'length',
    'toJSON',
    '',
  ),
  fc.string({ unit: anyCharacter, maxLength: 8 }),
);

/** Any JSON value. `keys` are those that the reader knows: they come up often, with values of all kinds. */
export function json(keys: readonly string[] = []): Arbitrary<unknown> {
  const names = keys.length === 0 ? key : fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...keys) }, key);
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        fc.constantFrom(null, true, false, 0, -0, 1e308, 5e-324, 2 ** 53, ''),
        fc.string({ unit: anyCharacter, maxLength: 12 }),
        fc.constantFrom(...(keys.length === 0 ? ['x'] : keys)),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
      ),
      fc.array(tie('value'), { maxLength: 4 }),
      // As JSON has it, where __proto__ is a key as any other.
      fc.array(fc.tuple(names, tie('value')), { maxLength: 8 }).map((entries) => Object.fromEntries(entries)),
    ),
  }));
  return value;
}

/** An object with some of these fields, each holding anything, and fields of no meaning. */
export function objectWith(keys: readonly string[]): Arbitrary<Record<string, unknown>> {
  return fc
    .array(fc.tuple(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...keys) }, key), json(keys)), {
      maxLength: 10,
    })
    .map((entries) => Object.fromEntries(entries));
}

/** JSON texts, well-formed or nearly so. */
export function jsonText(keys: readonly string[]): Arbitrary<string> {
  const text = objectWith(keys).map((value) => JSON.stringify(value));
  const damaged = text.chain((whole) => mutated([whole]));
  const deep = fc
    .tuple(
      fc.constantFrom('[', '{"a":', `{"${keys[0] ?? 'a'}":[`, '{"__proto__":'),
      fc.constantFrom(100, 4_000, 60_000),
    )
    .map(([open, times]) => `${open.repeat(times)}null${closing(open).repeat(times)}`);
  return fc.oneof(
    { weight: 6, arbitrary: text },
    { weight: 4, arbitrary: damaged },
    { weight: 1, arbitrary: deep },
    { weight: 1, arbitrary: anyText },
    { weight: 1, arbitrary: json(keys).map((value) => JSON.stringify(value)) },
  );
}

function closing(open: string): string {
  return [...open]
    .reverse()
    .flatMap((character) => ({ '[': [']'], '{': ['}'] })[character] ?? [])
    .join('');
}
