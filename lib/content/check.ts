import type { Bundle } from './bundle.ts';
import { checkMeta, missingPrerequisites } from './check-meta.ts';
import { checkReferences } from './check-references.ts';
import { checkSchemas } from './check-schemas.ts';
import type { Origins } from './origins.ts';
import type { Problems } from './problem.ts';

/**
 * Checks what can only be seen in a whole pack: its meta data, the schemas of its params, and what its objects say
 * about each other. `others` are packs that this one may refer to. A pack that requires a further pack, which is
 * not here, may mean objects of that one: then names are not checked.
 */
export async function checkBundle(
  bundle: Bundle,
  origins: Origins,
  others: readonly Bundle[],
  problems: Problems,
): Promise<void> {
  checkMeta(bundle.meta, problems);
  await checkSchemas(bundle, origins, problems);
  if (missingPrerequisites(bundle, others).length === 0) checkReferences(bundle, origins, others, problems);
}
