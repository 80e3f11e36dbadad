import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { action, DeclarationError, definePlugin } from '../../lib/plugin/index.ts';

const run = () => null;
const base = { name: 'p', summary: 'A plugin' };

/** Declares what the types refuse, to see that it is refused at run time too. */
function refusal(declaration: Record<string, unknown>): string {
  try {
    definePlugin(declaration as unknown as Parameters<typeof definePlugin>[0]);
  } catch (error) {
    assert.ok(error instanceof DeclarationError, String(error));
    return error.message;
  }
  throw new Error('the declaration was accepted');
}

describe('definePlugin', () => {
  test('lists the actions in the order and form of the protocol', () => {
    const { definition } = definePlugin({
      ...base,
      actions: {
        second: action({ model: 'machines', requiredParams: ['a'], optionalParams: ['b'], run }),
        first: [action({ model: 'system', run }), action({ model: 'plugins', run })],
      },
    });
    assert.deepEqual(definition.AvailableActions, [
      { Provider: '', Model: 'machines', Command: 'second', RequiredParams: ['a'], OptionalParams: ['b'] },
      { Provider: '', Model: '', Command: 'first', RequiredParams: null, OptionalParams: null },
      { Provider: '', Model: 'plugins', Command: 'first', RequiredParams: null, OptionalParams: null },
    ]);
  });

  test('refuses a version with which an endpoint would not start', () => {
    const build = globalThis as { DRP_PLUGINS_VERSION?: string };
    try {
      build.DRP_PLUGINS_VERSION = 'v1.0.0+271.g17ec5867';
      assert.match(
        refusal(base),
        /^plugin "p": Version: "v1\.0\.0\+271\.g17ec5867" is not a version .*; write v1\.0\.1/,
      );
      build.DRP_PLUGINS_VERSION = 'v1.0.1-dev.271+g17ec5867.dirty';
      assert.equal(definePlugin(base).definition.Version, 'v1.0.1-dev.271+g17ec5867.dirty');
    } finally {
      delete build.DRP_PLUGINS_VERSION;
    }
  });

  test('refuses two actions of one name for one kind of object', () => {
    const actions = { go: [action({ model: 'machines', run }), action({ model: 'machines', run })] };
    assert.equal(refusal({ ...base, actions }), 'plugin "p": actions.go: two actions on machines');
  });

  for (const [what, declaration, message] of [
    [
      'hasPublish with selectors',
      { hasPublish: true, events: ['a.b.c'], onEvent: run },
      /^plugin "p": hasPublish: contra/,
    ],
    ['a handler without its declaration', { onEvent: run }, /^plugin "p": onEvent: would never be called/],
    ['selectors without a handler', { events: ['a.b.c'] }, /^plugin "p": events: has no onEvent/],
    [
      'catching up without selectors',
      { hasPublish: true, onEvent: run, catchUp: run },
      /^plugin "p": catchUp: would never be called/,
    ],
    ['hasPublish without a handler', { hasPublish: true }, /^plugin "p": hasPublish: has no onEvent/],
    ['no selectors', { events: [], onEvent: run }, /^plugin "p": events: expected at least one/],
    [
      'a selector of two parts',
      { events: ['a.b'], onEvent: run },
      /^plugin "p": events: expected TYPE\.ACTION\.KEY/,
    ],
    [
      'selectors that are no list',
      { events: 'a.b.c', onEvent: run },
      /^plugin "p": events: expected selectors/,
    ],
    ['a member that does not exist', { onEvents: run }, /^plugin "p": onEvents: no such member/],
    [
      'a handler that is no function',
      { config: 'x' },
      /^plugin "p": config: expected a function, found string/,
    ],
    [
      'another host that is not loaded when it is needed',
      { core0: {} },
      /^plugin "p": core0: expected a function, found object/,
    ],
    ['a name with a space', { name: 'a b' }, /^plugin "a b": name: expected lower-case/],
    ['no name', { name: undefined }, /name: expected/],
    ['no summary', { summary: '' }, /^plugin "p": summary: expected a line/],
    [
      'an odd store prefix',
      { storeObjects: { 'A/b': {} } },
      /^plugin "p": storeObjects\.A\/b: expected lower-case/,
    ],
    [
      'an action without run',
      { actions: { go: { model: 'machines' } } },
      /^plugin "p": actions\.go\.run: expected/,
    ],
    ['an action without a model', { actions: { go: { run } } }, /^plugin "p": actions\.go\.model: expected/],
    [
      'a command with a space',
      { actions: { 'g o': action({ model: 'machines', run }) } },
      /^plugin "p": actions\.g o: expected/,
    ],
    [
      'a param that is required and optional',
      { actions: { go: action({ model: 'machines', requiredParams: ['a'], optionalParams: ['a'], run }) } },
      /^plugin "p": actions\.go\.optionalParams: a is named twice/,
    ],
    [
      'a plugin param without a name',
      { requiredParams: [''] },
      /^plugin "p": requiredParams: expected names/,
    ],
  ] as const) {
    test(`refuses ${what}`, () => {
      assert.match(refusal({ ...base, ...declaration }), message);
    });
  }
});

interface Params {
  'p/count': number;
  'p/name'?: string;
  'p/mode'?: 'a' | 'b';
}

test('types refuse contradictions and unknown params, and know what is there', () => {
  definePlugin<Params>({
    ...base,
    requiredParams: ['p/name'],
    actions: {
      go: action({
        model: 'machines',
        requiredParams: ['p/name'],
        optionalParams: ['p/count', 'p/mode'],
        run: ({ params }) => {
          const name: string = params['p/name'];
          const count: number = params['p/count'];
          const mode: 'a' | 'b' | undefined = params['p/mode'];
          // @ts-expect-error: an optional param without a default may be absent
          const sure: 'a' | 'b' = params['p/mode'];
          return [name, count, mode, sure];
        },
      }),
      other: action({
        model: 'machines',
        optionalParams: ['p/mode'],
        // @ts-expect-error: an action has only the params that it asked for
        run: ({ params }) => params['p/name'],
      }),
    },
  });
  const misspelt = () =>
    definePlugin<Params>({
      ...base,
      actions: {
        // @ts-expect-error: no such param
        go: action({ model: 'machines', requiredParams: ['p/nmae'], run }),
      },
    });
  const both = () =>
    // @ts-expect-error: events come from one source
    definePlugin({ ...base, hasPublish: true, events: ['a.b.c'], onEvent: run });
  const unheard = () =>
    // @ts-expect-error: a handler needs its declaration
    definePlugin({ ...base, onEvent: run });
  const unhandled = () =>
    // @ts-expect-error: a declaration needs its handler
    definePlugin({ ...base, events: ['a.b.c'] });
  for (const wrong of [both, unheard, unhandled]) assert.throws(wrong, DeclarationError);
  assert.doesNotThrow(misspelt);
});
