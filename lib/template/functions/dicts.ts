import { typeName } from '../values/kind.ts';
import {
  type Callable,
  compareBytes,
  Dict,
  FunctionError,
  List,
  type Value,
  type Work,
} from '../values/value.ts';
import { textOf } from './cast.ts';
import { type Functions, fn, heavy, strings, variadic } from './define.ts';
import { deepCopy } from './equality.ts';
import { mergeInto } from './merge.ts';

const DICT = 'map[string]interface {}';

export const DICTS: Functions = {
  dict: variadic([], 'interface {}', DICT, dict),
  get: fn([DICT, 'string'], 'interface {}', ({ entries }, key) => (entries.has(key) ? entries.get(key) : '')),
  set: heavy([DICT, 'string', 'interface {}'], DICT, (work, target, key, value) => {
    if (target.isNil) throw new FunctionError('assignment to entry in nil map');
    work.make(key.length);
    target.entries.set(key, value);
    return target;
  }),
  unset: fn([DICT, 'string'], DICT, (target, key) => {
    target.entries.delete(key);
    return target;
  }),
  hasKey: fn([DICT, 'string'], 'bool', ({ entries }, key) => entries.has(key)),
  pluck: variadic(
    ['string'],
    DICT,
    '[]interface {}',
    (_work, dicts, key) =>
      new List(dicts.filter(({ entries }) => entries.has(key)).map(({ entries }) => entries.get(key))),
  ),
  // Sorted here; Go's order is random.
  keys: variadic([], DICT, '[]string', (_work, dicts) =>
    strings(dicts.flatMap(({ sortedKeys }) => sortedKeys)),
  ),
  values: fn(
    [DICT],
    '[]interface {}',
    ({ sortedKeys, entries }) => new List(sortedKeys.map((key) => entries.get(key))),
  ),
  pick: variadic([DICT], 'string', DICT, (_work, keys, source) =>
    filtered(source, (key) => keys.includes(key)),
  ),
  omit: variadic([DICT], 'string', DICT, (_work, keys, source) =>
    filtered(source, (key) => !keys.includes(key)),
  ),
  merge: merging(false),
  mustMerge: merging(false),
  mergeOverwrite: merging(true),
  mustMergeOverwrite: merging(true),
  deepCopy: heavy(['interface {}'], 'interface {}', deepCopy),
  mustDeepCopy: heavy(['interface {}'], 'interface {}', deepCopy),
  dig: variadic([], 'interface {}', 'interface {}', (_work, args) => dig(args)),
};

function dict(work: Work, args: readonly Value[]): Dict {
  const entries = new Map<string, Value>();
  work.make(args.length * 16);
  for (let index = 0; index < args.length; index += 2)
    entries.set(textOf(work, args[index]), index + 1 < args.length ? args[index + 1] : '');
  return new Dict(entries);
}

function filtered({ entries }: Dict, keep: (key: string) => boolean): Dict {
  return new Dict(
    new Map([...entries].filter(([key]) => keep(key)).sort(([one], [other]) => compareBytes(one, other))),
  );
}

function merging(overwrite: boolean): Callable {
  return variadic([DICT], DICT, 'interface {}', (work, sources, target) => {
    const merged = target.isNil && sources.some(({ isNil }) => !isNil) ? new Dict(new Map()) : target;
    for (const source of sources) mergeInto(work, merged, source, overwrite);
    return merged;
  });
}

function dig(args: readonly Value[]): Value {
  if (args.length < 3) throw new FunctionError('dig needs at least three arguments');
  const [fallback, start] = args.slice(-2);
  let found: Value = asDict(start);
  const keys = args.slice(0, -2).map((key) => {
    if (typeof key !== 'string') throw conversion(key, 'string');
    return key;
  });
  for (const key of keys) {
    const { entries } = asDict(found);
    if (!entries.has(key)) return fallback;
    found = entries.get(key);
  }
  return found;
}

function asDict(value: Value): Dict {
  if (value instanceof Dict && value.type === DICT) return value;
  throw conversion(value, DICT);
}

function conversion(value: Value, type: string): FunctionError {
  const found = value === undefined ? 'nil' : typeName(value);
  return new FunctionError(`interface conversion: interface {} is ${found}, not ${type}`);
}
