import type { Client } from '../../../lib/api/index.ts';
import { ModelError, nearest } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import { readInput, readObject } from '../input.ts';
import { isUrl } from '../source.ts';
import type { Kind } from './kinds.ts';
import { prefixOf } from './prefix.ts';
import { sealedParam } from './sealed-param.ts';

const AGGREGATE: Flag = {
  name: 'aggregate',
  about: 'Look also in the profiles of the object, the global profile and the defaults',
};
const DECODE: Flag = { name: 'decode', about: 'Open secure params' };
const COMPOSE: Flag = {
  name: 'compose',
  about: 'Merge maps and lists of all the places, where the endpoint can',
};
const PARAMS: Flag = {
  name: 'params',
  value: 'string',
  about: 'The only params to show, separated by commas',
};

const VALUE =
  'The value is JSON or YAML: in place, in a file, or - for stdin. That of a secure param is sealed here.';

export function paramCommands(kind: Kind): Command[] {
  const { single } = kind;
  /** The params of the object in the first argument. */
  const paramsOf = async (context: Context) => {
    return (await context.endpoint()).params(prefixOf(kind, context), context.arg(0));
  };
  return [
    {
      use: 'params [id] [json]',
      summary: `Show all params of a ${single}, or replace them`,
      details:
        'The JSON is an object of all params that there are to be. Values of secure params have to be sealed in it.',
      flags: [AGGREGATE, DECODE, PARAMS],
      check: takes([1, 2], '1 or 2 arguments'),
      run: (context) =>
        context.args.length === 1 ? showParams(kind, context) : replaceParams(kind, context),
    },
    {
      use: 'get [id] param [key]',
      summary: `Show a param of a ${single}`,
      flags: [AGGREGATE, COMPOSE, DECODE],
      check: takes([3], '2 arguments'),
      async run(context) {
        const path = [prefixOf(kind, context), context.arg(0), 'params', context.arg(2)];
        const query = queryOf(context, ['aggregate', 'decode', 'compose']);
        await context.show(await (await context.endpoint()).request({ path, query }));
      },
    },
    {
      use: 'set [id] param [key] to [json blob]',
      summary: `Set a param of a ${single}`,
      details: VALUE,
      examples: kind.prefix === 'machines' ? ['set Name:web1 param hello/greeting to Ahoy'] : [],
      check: takes([5], '5 arguments'),
      async run(context) {
        const value = await newValue(kind, context);
        const params = await paramsOf(context);
        const ref = context.given('ref');
        if (ref === undefined) await params.set(context.arg(2), value);
        else await params.compareAndSet(context.arg(2), await readInput(ref), value);
        await context.show(value);
      },
    },
    {
      use: 'add [id] param [key] to [json blob]',
      summary: `Set a param of a ${single} that is not set yet`,
      details: VALUE,
      check: takes([5], '5 arguments'),
      async run(context) {
        const value = await newValue(kind, context);
        const params = await paramsOf(context);
        const name = context.arg(2);
        const ref = context.given('ref');
        const before = ref === undefined ? await params.all() : await readObject(ref, 'ref');
        if (Object.hasOwn(before, name)) {
          throw new ModelError(409, `Key, ${name}, already present on ${single} ${context.arg(0)}`);
        }
        const { pointer } = await import('../../../lib/api/index.ts');
        await params.patch([
          { op: 'test', path: '', value: before },
          { op: 'add', path: pointer(name), value },
        ]);
        await context.show(value);
      },
    },
    {
      use: 'remove [id] param [key]',
      summary: `Unset a param of a ${single}`,
      check: takes([3], '2 arguments'),
      async run(context) {
        const params = await paramsOf(context);
        const name = context.arg(2);
        const ref = context.given('ref');
        if (ref === undefined) return context.show(await params.remove(name));
        const { pointer } = await import('../../../lib/api/index.ts');
        await context.show(
          await params.patch([
            { op: 'test', path: pointer(name), value: await readInput(ref) },
            { op: 'remove', path: pointer(name) },
          ]),
        );
      },
    },
  ];
}

async function showParams(kind: Kind, context: Context): Promise<void> {
  const path = [prefixOf(kind, context), context.arg(0), 'params'];
  const query = { ...queryOf(context, ['aggregate', 'decode']), params: context.given('params') };
  await context.show((await (await context.endpoint()).request({ path, query })) ?? {});
}

async function replaceParams(kind: Kind, context: Context): Promise<void> {
  const [key = '', source = ''] = context.args;
  const given = await readObject(source, 'params');
  const endpoint = await context.endpoint();
  const prefix = prefixOf(kind, context);
  const sealed = Object.entries(given).map(async ([name, value]): Promise<[string, unknown]> => {
    return [name, await sealedParam(endpoint, prefix, key, name, value)];
  });
  const values = Object.fromEntries(await Promise.all(sealed));
  const path = [prefix, key, 'params'];
  const ref = context.given('ref');
  if (ref === undefined) {
    return context.show(await endpoint.request({ method: 'POST', path, json: values, repeatable: true }));
  }
  const { generatePatch } = await import('../../../lib/api/index.ts');
  const json = await generatePatch(await readObject(ref, 'ref'), values, { paranoid: true });
  await context.show(await endpoint.request({ method: 'PATCH', path, json }));
}

/** The value of the last argument, encrypted if the param is secure. */
async function newValue(kind: Kind, context: Context): Promise<unknown> {
  const [key = '', , name = '', , source = ''] = context.args;
  if (isUrl(source))
    context.note(`The value is what ${source} serves; to set the URL itself, write '"${source}"'`);
  const value = await readInput(source);
  const endpoint = await context.endpoint();
  return sealedParam(endpoint, prefixOf(kind, context), key, name, value, () =>
    warnOfUndefined(context, endpoint, name),
  );
}

/** Warns of a name that resembles that of a defined param. Undefined params are allowed. */
async function warnOfUndefined(context: Context, endpoint: Client, name: string): Promise<void> {
  const defined = await endpoint
    .objects('params')
    .list()
    .catch(() => []);
  const [meant] = nearest(
    name,
    defined.map(({ Name }) => Name),
  );
  if (meant !== undefined) context.note(`Warning: no param ${name} is defined; did you mean ${meant}?`);
}

function queryOf(context: Context, names: readonly string[]): Record<string, true | undefined> {
  return Object.fromEntries(names.map((name) => [name, context.on(name) || undefined]));
}
