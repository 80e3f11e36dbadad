// Assertions about types, which `tsc --noEmit` checks: what stands below an expected error must not compile.
import type { Machine } from '../../lib/api/index.ts';
import { type ActionDeclaration, action, definePlugin, type PackText } from '../../lib/plugin/index.ts';

interface Params {
  'p/count': number;
  'p/name'?: string;
  'p/mode'?: 'a' | 'b';
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isTrue = <_T extends true>(): void => {};

/** As a generated module has it. */
const content: PackText<Params> = '';
const provider = { name: 'p', summary: 'A plugin' };

// The params are those of the content pack, and what the plugin requires is there.
definePlugin({
  ...provider,
  content,
  requiredParams: ['p/name'],
  optionalParams: ['p/mode'],
  storeObjects: {
    cows: {},
    herds: {
      Size: { type: 'integer', isrequired: true },
      Place: { type: 'string' },
      Kind: { enum: ['milk', 'beef'], isrequired: true },
      Names: { type: 'array', items: { type: 'string' }, isrequired: true },
      Owner: { type: 'object', properties: { Name: { type: 'string' } }, isrequired: true },
      Any: { isrequired: true },
    },
  },
  events: (params) => [`p.${params['p/name'].length}.*`],
  onEvent: () => undefined,
  config({ params }) {
    isTrue<Equal<(typeof params)['p/name'], string>>();
    isTrue<Equal<(typeof params)['p/mode'], 'a' | 'b' | undefined>>();
    // @ts-expect-error: no such param
    params['p/nmae'];
  },
  actions: ({ action }) => ({
    go: action({
      model: 'machines',
      requiredParams: ['p/mode'],
      run({ model, params }) {
        isTrue<Equal<(typeof model)['Uuid'], string>>();
        isTrue<Equal<(typeof params)['p/mode'], 'a' | 'b'>>();
        const machine: Machine = model;
        // @ts-expect-error: a machine has no such field
        return [machine, model.Naem];
      },
    }),
    milk: action({ model: 'cows', run: ({ model }) => [model.Id.length, model.Anything] }),
    count: [
      action({
        model: 'herds',
        run({ model }) {
          isTrue<Equal<(typeof model)['Size'], number>>();
          isTrue<Equal<(typeof model)['Place'], string | undefined>>();
          isTrue<Equal<(typeof model)['Kind'], 'milk' | 'beef'>>();
          isTrue<Equal<(typeof model)['Names'], string[]>>();
          isTrue<Equal<(typeof model)['Owner']['Name'], string | undefined>>();
          isTrue<Equal<(typeof model)['Any'], unknown>>();
          // @ts-expect-error: a herd has no such field
          return model.Sise;
        },
      }),
      action({ model: 'plugins', run: ({ model }) => model.PluginErrors?.length }),
      action({ model: 'system', run: ({ model }) => model.Name }),
      // Without fields of its own here, a subnet is any object.
      action({ model: 'subnets', run: ({ model }) => model.Subnet }),
    ],
    // @ts-expect-error: no object is called that
    wrong: action({ model: 'machnes', run: () => null }),
    // @ts-expect-error: no such param
    misspelt: action({ model: 'machines', optionalParams: ['p/nmae'], run: () => null }),
  }),
});
// @ts-expect-error: no such param
definePlugin({ ...provider, content, requiredParams: ['p/nmae'] });
// @ts-expect-error: no such param
definePlugin({ ...provider, content, optionalParams: ['p/nmae'] });

// Actions that are made for no plugin in particular have names that are checked, too.
definePlugin({
  ...provider,
  content,
  actions: {
    go: action({ model: 'machines', requiredParams: ['p/name'], run: ({ model }) => model.Name }),
    // @ts-expect-error: no such param
    misspelt: action({ model: 'machines', requiredParams: ['p/nmae'], run: () => null }),
    // @ts-expect-error: no object is called that
    wrong: action({ model: 'cows', run: () => null }),
  },
});

// Params and objects can be said.
const herds = { herds: { Size: { type: 'integer', isrequired: true } } } as const;
definePlugin<Params, typeof herds>({
  ...provider,
  storeObjects: herds,
  requiredParams: ['p/name'],
  actions: {
    count: action({ model: 'herds', run: ({ model }) => model.Size.toFixed() }),
    go: action({ model: 'machines', optionalParams: ['p/count'], run: ({ params }) => params['p/count'] }),
  },
});

// An action that is made elsewhere, for all kinds of objects at once, and a plugin without a content pack.
const elsewhere = (): ActionDeclaration<Params> =>
  action({ model: 'machines', requiredParams: ['p/name'], run: ({ params }) => params['p/name'].length });
const everywhere = (['machines', 'jobs', 'system'] as const).map((model) =>
  action<Params>({ model, run: ({ model: object }) => Object.keys(object) }),
);
definePlugin({ ...provider, content, actions: { elsewhere: [elsewhere()], everywhere } });
definePlugin({
  ...provider,
  requiredParams: ['any/param'],
  config: ({ params }) => params['any/param'],
  actions: { go: action({ model: 'machines', optionalParams: ['x'], run: ({ params }) => params.x }) },
});
