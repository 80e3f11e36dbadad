import type { Callable, Field, Value } from '../../lib/template/index.ts';
import {
  FUNCTIONS,
  fromJson,
  GO_FUNCTIONS,
  Int,
  List,
  MethodError,
  Structure,
  Templates,
} from '../../lib/template/index.ts';

/** Params that templates of the tests ask for. */
export const PARAMS = {
  n: 1_000_000,
  big: 21_000_000,
  z: 123_456,
  half: 1_234_567.5,
  small: -0.000_01,
  zero: 0,
  one: 1,
  neg: -7,
  pi: Math.PI,
  huge: 1e21,
  nul: null,
  yes: true,
  no: false,
  empty: '',
  s: 'hello world',
  u: 'héllo wörld ✓',
  html: `<a href="x">'&'</a>`,
  lines: 'one\ntwo\n\nthree\n',
  path: '/etc/../usr//lib/libc.so.6',
  url: 'https://user:pass@example.com:8443/a%20b/c?q=1&r=2#frag',
  version: '1.2.3-beta.1+build5',
  number: '42',
  date: '2024-02-29T12:30:45Z',
  json: '{"a":[1,2,{"b":null}],"c":"<d>"}',
  l: ['a', 1, true, null],
  words: ['banana', 'apple', 'cherry', 'apple'],
  numbers: [3, 1, 2, 2.5],
  nested: [[1, 2], ['x'], []],
  none: [],
  m: { b: 2, a: '<&>' },
  deep: {
    a: { b: { c: 'd' } },
    list: [
      { name: 'one', ok: true },
      { name: 'two', ok: false },
    ],
  },
  nothing: {},
} as const;

function field(type: string, value: Value): Field {
  return { type, field: () => value };
}

function method(parameters: string[], result: string, call: Callable['call'], rest?: string): Callable {
  return { parameters, result, call, rest };
}

function machine(): Map<string, Callable | Field> {
  return new Map<string, Callable | Field>([
    ['Name', field('string', 'm1.example.com')],
    ['Params', field('map[string]interface {}', fromJson(PARAMS))],
    ['Tasks', field('[]string', new List(['a', 'b'], '[]string'))],
    ['Path', method([], 'string', () => 'machines/m1.example.com')],
    [
      'MacAddr',
      method(
        [],
        'string',
        (_work, [format]) => (format === 'pxelinux' ? '01-52-54-00-00-00-01' : '52:54:00:00:00:01'),
        'string',
      ),
    ],
  ]);
}

/** The dot of reference/main.go. */
export function referenceDot(): Structure {
  const params = new Map(Object.entries(PARAMS));
  const members: [string, Callable | Field][] = [
    ['Machine', field('*main.machine', new Structure('*main.machine', machine()))],
    ['Nobody', field('*main.machine', new Structure('*main.machine', machine(), { isNil: true }))],
    ['Index', field('int', new Int(3))],
    ['Words', field('[]string', new List(['one', 'two'], '[]string'))],
    [
      'Param',
      method(['string'], 'interface {}', (_work, [name]) => {
        if (!params.has(String(name))) throw new MethodError(`No such machine parameter ${name}`);
        return fromJson(params.get(String(name)));
      }),
    ],
    ['ParamExists', method(['string'], 'bool', (_work, [name]) => params.has(String(name)))],
    [
      'Repeat',
      method(['int', 'string'], 'string', (_work, [count, text]) =>
        count instanceof Int ? `${count.value} times ${text}` : '',
      ),
    ],
    ['Float', method(['float64'], 'string', (_work, [value]) => String(value))],
  ];
  return new Structure('*main.dot', new Map(members));
}

export interface Case {
  Name: string;
  Text: string;
  /** Without it, the functions are those of Go alone. */
  Sprig: boolean;
}

export interface Result {
  Output: string;
  Error: string;
}

/** What our engine makes of a template. */
export function renderCase({ Name, Text, Sprig }: Case): Result {
  const templates = new Templates(Sprig ? FUNCTIONS : GO_FUNCTIONS);
  try {
    templates.parse(Name, Text);
    return { Output: templates.render(Name, referenceDot()), Error: '' };
  } catch (error) {
    return {
      Output: '',
      Error: error instanceof Error && error.name === 'TemplateError' ? error.message : String(error),
    };
  }
}
