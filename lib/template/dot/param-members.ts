import { formatYaml } from '../../yaml/index.ts';
import { fromBytes } from '../bytes.ts';
import { heavy } from '../functions/define.ts';
import { encodeJson } from '../functions/encode-json.ts';
import { fromJson } from '../values/from-json.ts';
import type { Callable, Value } from '../values/value.ts';
import { expand } from './expand.ts';
import { type Members, method } from './members.ts';

/** The source of a dot's params. */
export interface ParamSource {
  /** The value as JSON; null where a template must see nil. Throws MethodError when a missing param is an error. */
  value(name: string): unknown;
  exists(name: string): boolean;
  /** The dot for strings that `.ParamExpand` renders. */
  dot(): Value;
}

/** `.Param`, `.ParamExists`, `.ParamExpand`, `.ParamAsJSON`, `.ParamAsYAML`. */
export function paramMembers({ value, exists, dot }: ParamSource): Members {
  return new Map([
    ['Param', method(1, 'interface {}', value)],
    ['ParamExists', method(1, 'bool', exists)],
    ['ParamExpand', expandedParam(value, dot)],
    [
      'ParamAsJSON',
      heavy(['string'], 'string', (work, name) => {
        const json = encodeJson(work, fromJson(value(fromBytes(name))), { escapesHtml: true });
        return `${json}\n`;
      }),
    ],
    ['ParamAsYAML', method(1, 'string', (name) => formatYaml(value(name), { quotes: 'go' }))],
  ]);
}

/** A param whose strings are rendered as templates. */
export function expandedParam(value: ParamSource['value'], dot: ParamSource['dot']): Callable {
  return heavy(['string'], 'interface {}', (work, key) => {
    const name = fromBytes(key);
    return expand(work, fromJson(value(name)), dot(), `parameter ${name}`);
  });
}
