import { fromBytes, toBytes } from '../bytes.ts';
import { fn, variadic } from '../functions/define.ts';
import { fromJson } from '../values/from-json.ts';
import {
  type Callable,
  Dict,
  type Field,
  FunctionError,
  Int,
  List,
  Structure,
  type Value,
} from '../values/value.ts';

// Builds the members of a dot for callers with JavaScript strings and JSON.

/** The error of a method of a dot. */
export class MethodError extends FunctionError {
  constructor(text: string) {
    super(toBytes(text));
  }
}

export type Member = Callable | Field;
export type Members = ReadonlyMap<string, Member>;

/** Converts data to a value of a Go type. Values are returned unchanged. */
export function goValue(type: string, data: unknown): Value {
  if (data instanceof Structure || data instanceof List || data instanceof Dict || data instanceof Int)
    return data;
  switch (type) {
    case 'string':
      return toBytes(typeof data === 'string' ? data : '');
    case 'bool':
      return data === true;
    case 'int':
      return new Int(typeof data === 'number' && Number.isInteger(data) ? data : 0);
    case '[]string':
      return new List(
        Array.isArray(data) ? data.map((item) => toBytes(String(item))) : [],
        type,
        !Array.isArray(data),
      );
    case 'map[string]string': {
      const { entries } = asDict(fromJson(data));
      return new Dict(
        new Map([...entries].map(([key, value]) => [key, typeof value === 'string' ? value : ''])),
        type,
      );
    }
    case 'map[string]interface {}':
      return asDict(fromJson(data));
    default:
      return fromJson(data);
  }
}

function asDict(value: Value): Dict {
  return value instanceof Dict ? value : new Dict(new Map(), undefined, true);
}

export function field(type: string, read: () => unknown): Field {
  return { type, field: () => goValue(type, read()) };
}

/** A method with exactly `count` strings as arguments. */
export function method(count: number, result: string, call: (...texts: string[]) => unknown): Callable {
  const parameters = Array.from({ length: count }, () => 'string' as const);
  return fn(parameters, result, (...texts) => goValue(result, call(...texts.map(fromBytes))));
}

/** A method with any number of strings. */
export function listMethod(result: string, call: (texts: string[]) => unknown): Callable {
  return variadic([], 'string', result, (_work, texts) => goValue(result, call(texts.map(fromBytes))));
}

/** A field that is computed when a template uses it, once per rendering. */
export function once(make: () => Structure): Field {
  let made: Structure | undefined;
  return {
    type: '',
    field: () => {
      made ??= make();
      return made;
    },
  };
}
