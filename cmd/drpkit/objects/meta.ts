import { isObject, ModelError } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import { readInput } from '../input.ts';
import type { Kind } from './kinds.ts';
import { prefixOf } from './prefix.ts';

type Meta = Readonly<Record<string, unknown>>;

/** Commands for Meta: strings about an object, such as its color and icon. */
export function metaCommands(kind: Kind): Command[] {
  const { single } = kind;
  const pathOf = (context: Context) => ['meta', prefixOf(kind, context), context.arg(0)];
  const read = async (context: Context): Promise<Meta> => {
    const meta = await (await context.endpoint()).request({ path: pathOf(context) });
    return isObject(meta) ? meta : {};
  };
  const patch = async (context: Context, json: readonly object[]) => {
    await (await context.endpoint()).request({ method: 'PATCH', path: pathOf(context), json });
  };
  const at = async (key: string) => (await import('../../../lib/api/index.ts')).pointer(key);
  return [
    {
      use: 'meta [id]',
      summary: `Show the meta data of a ${single}; see also its commands`,
      examples: ['meta set Name:web1 key color to blue', 'meta get Name:web1 color'].map((line) =>
        kind.prefix === 'machines' ? line : line.replace('Name:web1', '[id]'),
      ),
      check: takes([1]),
      run: async (context) => context.show(await read(context)),
      commands: [
        {
          use: 'get [id] [key]',
          summary: `Show one text of the meta data of a ${single}`,
          check: takes([2]),
          async run(context) {
            const meta = await read(context);
            const key = context.arg(1);
            if (!Object.hasOwn(meta, key)) throw new ModelError(404, `No such metadata item ${key}`);
            await context.show(meta[key]);
          },
        },
        {
          use: 'add [id] key [key] val [val]',
          summary: `Add a text to the meta data of a ${single} that is not there yet`,
          check: takes([5], '3 arguments'),
          async run(context) {
            const [id, , key = '', , source = ''] = context.args;
            const value = await textOf(source);
            const ref = await referenceOf(context);
            const before = ref === undefined ? await read(context) : isObject(ref) ? ref : {};
            if (Object.hasOwn(before, key)) {
              throw new ModelError(409, `Key, ${key}, already present on ${single} ${id}`);
            }
            await patch(context, [
              { op: 'test', path: '', value: before },
              { op: 'add', path: await at(key), value },
            ]);
            await context.show(value);
          },
        },
        {
          use: 'set [id] key [key] to [val]',
          summary: `Set a text of the meta data of a ${single}`,
          check: takes([5], '3 arguments'),
          async run(context) {
            const [, , key = '', , source = ''] = context.args;
            const value = await textOf(source);
            const path = await at(key);
            await patch(context, [
              await unchanged(path, key, await referenceOf(context), () => read(context)),
              { op: 'add', path, value },
            ]);
            await context.show(value);
          },
        },
        {
          use: 'remove [id] key [key]',
          summary: `Take a text out of the meta data of a ${single}`,
          check: takes([3], '2 arguments'),
          async run(context) {
            const path = await at(context.arg(2));
            const ref = await referenceOf(context);
            await patch(context, [
              ...(ref === undefined ? [] : [{ op: 'test', path, value: ref }]),
              { op: 'remove', path },
            ]);
          },
        },
      ],
    },
  ];
}

/** A patch test that the value is unchanged or, with `ref`, equals that. */
async function unchanged(
  path: string,
  key: string,
  ref: unknown,
  read: () => Promise<Meta>,
): Promise<object> {
  if (ref !== undefined) return { op: 'test', path, value: ref };
  const meta = await read();
  return Object.hasOwn(meta, key)
    ? { op: 'test', path, value: meta[key] }
    : { op: 'test', path: '', value: meta };
}

async function referenceOf(context: Context): Promise<unknown> {
  const ref = context.given('ref');
  return ref === undefined ? undefined : readInput(ref);
}

/** Meta values are strings, even if they look like numbers. */
async function textOf(source: string): Promise<string> {
  const value = await readInput(source);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ModelError(
    400,
    `Unable to unmarshal input stream: meta data are texts, found ${JSON.stringify(value)}`,
  );
}
