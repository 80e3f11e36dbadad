import type { Bundle } from './bundle.ts';
import { checkMeta, missingPrerequisites } from './check-meta.ts';
import { checkReferences } from './check-references.ts';
import { checkSchemas } from './check-schemas.ts';
import { type Origin, type Problems, wholeFile } from './problem.ts';

/** Where each object of a bundle was read, by type and key. */
export type Origins = ReadonlyMap<string, ReadonlyMap<string, Origin>>;

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

/** The origin of an object, or the key itself for a bundle that was not read from a folder. */
export function originOf(origins: Origins, type: string, key: string): Origin {
  return origins.get(type)?.get(key) ?? wholeFile(`${type}/${key}`);
}
