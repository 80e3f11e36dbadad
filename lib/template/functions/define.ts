import {
  type Callable,
  Dict,
  Int,
  List,
  type Operand,
  type Structure,
  unboxed,
  type Value,
  type Work,
} from '../values/value.ts';

/** The JavaScript types of parameters by Go type. Integers beyond 2^53 lose precision. */
interface Arguments {
  bool: boolean;
  float64: number;
  int: number;
  'interface {}': Value;
  'map[string]interface {}': Dict;
  'reflect.Value': Operand;
  string: string;
  'time.Time': Structure;
  uint32: number;
}

type Type = keyof Arguments;
type All<Types extends readonly Type[]> = { -readonly [Index in keyof Types]: Arguments[Types[Index]] };

const NO_DICT = new Dict(new Map(), 'map[string]interface {}', true);

function argument(type: string, operand: Operand): Arguments[Type] {
  if (type === 'reflect.Value') return operand;
  const value = unboxed(operand);
  if (type === 'interface {}') return value;
  if (value instanceof Int) return Number(value.value);
  return value ?? NO_DICT;
}

/** Declares a Go function: parameter types, result type, and implementation. */
export function fn<const Types extends readonly Type[]>(
  parameters: Types,
  result: string,
  call: (...args: All<Types>) => Operand,
): Callable {
  return heavy(parameters, result, (_, ...args) => call(...args));
}

/** Like `fn`, for a function whose result may be much larger than its arguments: it gets `work` first, for counting. */
export function heavy<const Types extends readonly Type[]>(
  parameters: Types,
  result: string,
  call: (work: Work, ...args: All<Types>) => Operand,
): Callable {
  return {
    parameters,
    result,
    // The executor has converted the arguments to these types.
    call: (work, args) =>
      call(work, ...(args.map((value, index) => argument(parameters[index] ?? '', value)) as All<Types>)),
  };
}

/** Declares a function with any number of further arguments, passed as a list. */
export function variadic<const Types extends readonly Type[], Rest extends Type>(
  parameters: Types,
  rest: Rest,
  result: string,
  call: (work: Work, rest: Arguments[Rest][], ...args: All<Types>) => Operand,
): Callable {
  return {
    parameters,
    rest,
    result,
    call: (work, args) => {
      const fixed = args
        .slice(0, parameters.length)
        .map((value, index) => argument(parameters[index] ?? '', value));
      const further = args.slice(parameters.length).map((value) => argument(rest, value));
      return call(work, further as Arguments[Rest][], ...(fixed as All<Types>));
    },
  };
}

export type Functions = Readonly<Record<string, Callable>>;

export function strings(items: readonly string[], isNil = false): List {
  return new List(items, '[]string', isNil);
}
