import { ModelError, type RawModel } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import { readObject } from '../input.ts';
import type { Kind } from './kinds.ts';
import { prefixOf } from './prefix.ts';

/**
 * Changes an object: sends the difference that `change` makes, and shows the result. The endpoint refuses it when the
 * same fields have changed meanwhile or, with the flag `ref`, when the object differs from that.
 */
export async function changeObject(
  context: Context,
  prefix: string,
  key: string,
  change: (object: RawModel) => RawModel | Promise<RawModel>,
): Promise<void> {
  const endpoint = await context.endpoint();
  const ref = context.given('ref');
  const before =
    ref === undefined ? await endpoint.objects<RawModel>(prefix).get(key) : await readObject(ref, 'ref');
  const after = await change(before);
  const { generatePatch, keyField } = await import('../../../lib/api/index.ts');
  const field = keyField(prefix);
  if (after[field] !== before[field]) {
    const messages = [
      `Cannot change ${field} from ${before[field]} to ${after[field]}: it is what the object is known by`,
      'Create an object of the other key in its place',
    ];
    throw new ModelError(400, messages, { type: 'CLIENT_ERROR', model: prefix, key: String(before[field]) });
  }
  const patch = await generatePatch(before, after, { paranoid: ref !== undefined });
  await context.show(
    await endpoint.request({
      method: 'PATCH',
      path: [prefix, key],
      query: { force: context.on('force') || undefined },
      json: patch,
    }),
  );
}

/** A command that changes the object of its first argument. `change` gets the other arguments. */
export function changing(
  kind: Kind,
  about: Pick<Command, 'use' | 'summary' | 'details' | 'examples' | 'check'>,
  change: (object: RawModel, args: readonly string[]) => RawModel,
): Command {
  const words = about.use.split(' ').length - 1;
  return {
    check: takes([words]),
    ...about,
    async run(context) {
      const [key = '', ...args] = context.args;
      await changeObject(context, prefixOf(kind, context), key, (object) => change(object, args));
    },
  };
}

/** The strings of a list field; empty when it is absent. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
