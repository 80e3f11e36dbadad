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

// What a dot is made of, for callers that have JavaScript's texts and JSON.

/** What a method of a dot has to say in place of a result. */
export class MethodError extends FunctionError {
  constructor(text: string) {
    super(toBytes(text));
  }
}

export type Member = Callable | Field;
export type Members = ReadonlyMap<string, Member>;

/** Data as a value of one of Go's types. What is a value already stays. */
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

/** A method with texts as its arguments: as many as `count`. */
export function method(count: number, result: string, call: (...texts: string[]) => unknown): Callable {
  const parameters = Array.from({ length: count }, () => 'string' as const);
  return fn(parameters, result, (...texts) => goValue(result, call(...texts.map(fromBytes))));
}

/** A method with any number of texts. */
export function listMethod(result: string, call: (texts: string[]) => unknown): Callable {
  return variadic([], 'string', result, (_work, texts) => goValue(result, call(texts.map(fromBytes))));
}

/** The object is looked at when a template asks for it, and stays the same within a rendering. */
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
