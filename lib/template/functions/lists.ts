import { isTrue, kindName } from '../values/kind.ts';
import { type Callable, FunctionError, List, type Value, type Work } from '../values/value.ts';
import { integerOf, itemsOf, listOf, NIL_DEREFERENCE } from './cast.ts';
import { type Functions, fn, heavy, variadic } from './define.ts';
import { deepEqual } from './equality.ts';

const LIST = '[]interface {}';

/** Bytes counted for an item of a list. */
const ITEM = 40;

function made(work: Work, items: readonly Value[], isNil = false): List {
  work.make(items.length * ITEM);
  return new List(items, LIST, isNil);
}

/** Declares a function and its `must` variant. */
function both(name: string, callable: Callable): Functions {
  return { [name]: callable, [`must${name.charAt(0).toUpperCase()}${name.slice(1)}`]: callable };
}

const push = heavy(['interface {}', 'interface {}'], LIST, (work, list, item) =>
  made(work, [...itemsOf(list, 'Cannot push on type'), item]),
);
const list = variadic([], 'interface {}', LIST, made);

export const LISTS: Functions = {
  list,
  tuple: list,
  ...both('append', push),
  ...both('push', push),
  ...both(
    'prepend',
    heavy(['interface {}', 'interface {}'], LIST, (work, items, item) =>
      made(work, [item, ...itemsOf(items, 'Cannot prepend on type')]),
    ),
  ),
  ...both(
    'first',
    fn(['interface {}'], 'interface {}', (items) => itemsOf(items, 'Cannot find first on type')[0]),
  ),
  ...both(
    'last',
    fn(['interface {}'], 'interface {}', (items) => itemsOf(items, 'Cannot find last on type').at(-1)),
  ),
  ...both(
    'rest',
    heavy(['interface {}'], LIST, (work, value) => {
      const items = itemsOf(value, 'Cannot find rest on type');
      return made(work, items.slice(1), items.length === 0);
    }),
  ),
  ...both(
    'initial',
    heavy(['interface {}'], LIST, (work, value) => {
      const items = itemsOf(value, 'Cannot find initial on type');
      return made(work, items.slice(0, -1), items.length === 0);
    }),
  ),
  ...both(
    'reverse',
    heavy(['interface {}'], LIST, (work, items) =>
      made(work, itemsOf(items, 'Cannot find reverse on type').toReversed()),
    ),
  ),
  ...both(
    'compact',
    heavy(['interface {}'], LIST, (work, items) =>
      made(work, itemsOf(items, 'Cannot compact on type').filter(isTrue)),
    ),
  ),
  ...both(
    'uniq',
    heavy(['interface {}'], LIST, (work, items) => {
      const kept: Value[] = [];
      for (const item of itemsOf(items, 'Cannot find uniq on type')) {
        if (!includes(work, kept, item)) kept.push(item);
      }
      return made(work, kept);
    }),
  ),
  ...both(
    'without',
    variadic(['interface {}'], 'interface {}', LIST, (work, omitted, items) =>
      made(
        work,
        itemsOf(items, 'Cannot find without on type').filter((item) => !includes(work, omitted, item)),
      ),
    ),
  ),
  ...both(
    'has',
    heavy(['interface {}', 'interface {}'], 'bool', (work, needle, items) =>
      items === undefined ? false : includes(work, itemsOf(items, 'Cannot find has on type'), needle),
    ),
  ),
  ...both(
    'slice',
    variadic(['interface {}'], 'interface {}', 'interface {}', (_work, indexes, value) =>
      sliced(value, indexes),
    ),
  ),
  ...both(
    'chunk',
    heavy(['int', 'interface {}'], '[][]interface {}', (work, size, items) =>
      chunks(work, size, itemsOf(items, 'Cannot chunk type')),
    ),
  ),
  concat: variadic([], 'interface {}', 'interface {}', (work, lists) => {
    const items = lists.flatMap((each) => {
      if (each instanceof List) return each.items;
      if (each === undefined) throw new FunctionError(NIL_DEREFERENCE);
      throw new FunctionError(`Cannot concat type ${kindName(each)} as list`);
    });
    return made(work, items, items.length === 0);
  }),
};

function includes(work: Work, items: readonly Value[], item: Value): boolean {
  return items.some((each) => deepEqual(work, each, item));
}

function sliced(value: Value, indexes: readonly Value[]): Value {
  const whole = listOf(value, 'list should be type of slice or array but');
  if (whole.items.length === 0) return undefined;
  const [start = 0, end = whole.items.length] = indexes.map((index) => Number(integerOf(index)));
  if (start < 0 || end < start || end > whole.items.length)
    throw new FunctionError('reflect.Value.Slice: slice index out of bounds');
  return new List(whole.items.slice(start, end), whole.type);
}

function chunks(work: Work, size: number, items: readonly Value[]): List {
  const count = Math.floor((items.length - 1) / size) + 1;
  if (!(count >= 0) || !Number.isFinite(count) || (size < 0 && count > 0))
    throw new FunctionError('runtime error: makeslice: len out of range');
  const lists = Array.from({ length: count }, (_, index) =>
    made(work, items.slice(index * size, (index + 1) * size)),
  );
  return new List(lists, '[][]interface {}');
}
