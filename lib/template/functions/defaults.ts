import { isTrue } from '../values/kind.ts';
import { FunctionError, type Value, type Work } from '../values/value.ts';
import { decodeJson } from './decode-json.ts';
import { type Functions, fn, heavy, variadic } from './define.ts';
import { encodeJson, type JsonForm } from './encode-json.ts';

const PLAIN: JsonForm = { escapesHtml: true };
const PRETTY: JsonForm = { escapesHtml: true, indent: '  ' };
const RAW: JsonForm = { escapesHtml: false };

export const DEFAULTS: Functions = {
  default: variadic(['interface {}'], 'interface {}', 'interface {}', (_work, [given], fallback) =>
    isTrue(given) ? given : fallback,
  ),
  empty: fn(['interface {}'], 'bool', (value) => !isTrue(value)),
  coalesce: variadic([], 'interface {}', 'interface {}', (_work, values) => values.find(isTrue)),
  all: variadic([], 'interface {}', 'bool', (_work, values) => values.every(isTrue)),
  any: variadic([], 'interface {}', 'bool', (_work, values) => values.some(isTrue)),
  ternary: fn(['interface {}', 'interface {}', 'bool'], 'interface {}', (yes, no, test) => (test ? yes : no)),
  fail: fn(['string'], 'string', (message) => {
    throw new FunctionError(message);
  }),
  fromJson: heavy(['string'], 'interface {}', (work, text) =>
    orElse(() => decodeJson(work, text), undefined),
  ),
  mustFromJson: heavy(['string'], 'interface {}', decodeJson),
  toJson: heavy(['interface {}'], 'string', (work, value) =>
    orElse(() => encodeJson(work, value, PLAIN), ''),
  ),
  mustToJson: heavy(['interface {}'], 'string', (work, value) => encodeJson(work, value, PLAIN)),
  toPrettyJson: heavy(['interface {}'], 'string', (work, value) =>
    orElse(() => encodeJson(work, value, PRETTY), ''),
  ),
  mustToPrettyJson: heavy(['interface {}'], 'string', (work, value) => encodeJson(work, value, PRETTY)),
  toRawJson: heavy(['interface {}'], 'string', rawJson),
  mustToRawJson: heavy(['interface {}'], 'string', rawJson),
};

function rawJson(work: Work, value: Value): string {
  return encodeJson(work, value, RAW);
}

/** Functions without `must` return `otherwise` for errors. */
function orElse(make: () => Value, otherwise: Value): Value {
  try {
    return make();
  } catch (error) {
    if (error instanceof FunctionError) return otherwise;
    throw error;
  }
}
