import { isObject, ModelError, nearest, type RawModel } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import { readInput, readObject } from '../input.ts';
import { changeObject } from './change.ts';
import { EXTENDED, type Kind } from './kinds.ts';
import { prefixOf } from './prefix.ts';

const INPUT =
  'JSON or YAML is given in place, as the name of a file, as an http or https URL, or as - for stdin.';

export function writeCommands(kind: Kind): Command[] {
  const destroy: Command = {
    use: 'destroy [id]',
    summary: `Delete one of the ${kind.prefix}`,
    check: takes([1]),
    async run(context) {
      const path = [prefixOf(kind, context), context.arg(0)];
      const endpoint = await context.endpoint();
      await endpoint.request({ method: 'DELETE', path });
      await context.say(`Deleted ${kind.single} ${context.arg(0)}`);
    },
  };
  const create: Command = {
    use: 'create [json]',
    summary: `Create a ${kind.single}`,
    details: kind.named ? `${INPUT} A mere text is the name of the new ${kind.single}.` : INPUT,
    examples: kind.named ? ['create one', `create '{"${kind.named}": "one"}'`] : ['create one.yaml'],
    check: takes([1]),
    async run(context) {
      const prefix = prefixOf(kind, context);
      const json = await newObject(kind, prefix, context.arg(0));
      const endpoint = await context.endpoint();
      const query = { force: context.on('force') || undefined };
      const made = await endpoint.request({ method: 'POST', path: [prefix], query, json });
      warnOfUnknown(context, prefix, json, made);
      await context.show(made);
    },
  };
  return [
    ...(kind.create === false ? [] : [create]),
    ...(kind.change === false ? [] : changeCommands(kind)),
    ...(kind.destroy === false ? [] : [destroy]),
  ];
}

/** Warns of unknown fields, which an endpoint drops silently. */
function warnOfUnknown(context: Context, prefix: string, given: RawModel, made: unknown): void {
  if (!isObject(made)) return;
  for (const field of Object.keys(given).filter((name) => !Object.hasOwn(made, name))) {
    const [meant] = nearest(field, Object.keys(made));
    const question = meant === undefined ? '' : `; did you mean ${meant}?`;
    context.note(`Warning: ${prefix} have no field ${field}, and it is left out${question}`);
  }
}

function changeCommands(kind: Kind): Command[] {
  const one = kind.prefix === 'machines' ? 'Name:web1' : 'one';
  return [
    {
      use: 'update [id] [json]',
      summary: `Change fields of a ${kind.single}`,
      details: `The JSON holds the fields to change, also those in depth; null takes a field away. ${INPUT}`,
      examples: [`update ${one} '{"Description": "the first"}'`],
      check: takes([2]),
      async run(context) {
        const prefix = prefixOf(kind, context);
        const [key = '', source = ''] = context.args;
        const problem = `Failed to generate changed ${prefix}:${key} object: Unable to unmarshal reference object`;
        await changeObject(context, prefix, key, async (object) => {
          return merged(object, await readObject(source, problem)) as RawModel;
        });
      },
    },
    {
      use: 'patch [id] [jsonpatch]',
      summary: `Change a ${kind.single} by a JSON patch (RFC 6902)`,
      details: INPUT,
      examples: [`patch ${one} '[{"op": "replace", "path": "/Description", "value": "the first"}]'`],
      check: takes([2]),
      async run(context) {
        const json = await readInput(context.arg(1));
        if (!Array.isArray(json)) throw new ModelError(400, 'A JSON patch is a list of operations');
        const path = [prefixOf(kind, context), context.arg(0)];
        const endpoint = await context.endpoint();
        await context.show(await endpoint.request({ method: 'PATCH', path, json }));
      },
    },
  ];
}

/** The object to create, from JSON, YAML, or a plain name for types that allow it. */
async function newObject(kind: Kind, prefix: string, source: string): Promise<RawModel> {
  const value = await readInput(source).catch((error: unknown) => {
    // Not YAML either: it may be a name.
    if (source === '-' || !kind.named || /[{\n]/.test(source)) throw error;
    return source;
  });
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return kind === EXTENDED ? { Type: prefix, ...value } : { ...value };
  }
  if (source === '-') throw new ModelError(400, `Unable to create a new ${kind.single}: expected an object`);
  if (!kind.named) throw new ModelError(400, `Unable to create a new ${kind.single} by name`);
  return { [kind.named]: source };
}

/** A deep merge of `changes` into `original`; null removes a member. Neither is modified. */
function merged(original: unknown, changes: unknown): unknown {
  if (!isObject(original) || !isObject(changes)) return changes;
  const result = new Map(Object.entries(original));
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) result.delete(name);
    else result.set(name, merged(result.get(name), change));
  }
  return Object.fromEntries(result);
}
