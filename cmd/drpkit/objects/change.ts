import type { RawModel } from '../../../lib/models/index.ts';
import type { Context } from '../context.ts';
import { readObject } from '../input.ts';

/**
 * Changes one object: sends what `change` makes different in it, and shows what it is then. The endpoint refuses when
 * somebody else has changed the same fields meanwhile, or with the flag `ref`, when the object is not what that says.
 */
export async function changeObject(
  context: Context,
  prefix: string,
  key: string,
  change: (object: RawModel) => RawModel,
): Promise<void> {
  const endpoint = await context.endpoint();
  const ref = context.given('ref');
  const before =
    ref === undefined ? await endpoint.objects<RawModel>(prefix).get(key) : await readObject(ref, 'ref');
  const { generatePatch } = await import('../../../lib/api/index.ts');
  const patch = await generatePatch(before, change(before), { paranoid: ref !== undefined });
  await context.show(
    await endpoint.request({
      method: 'PATCH',
      path: [prefix, key],
      query: { force: context.on('force') || undefined },
      json: patch,
    }),
  );
}
