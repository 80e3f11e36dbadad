import type { Bundle } from './bundle.ts';
import { checkMeta, checkPrerequisites, missingPrerequisites, warnOfMissing } from './check-meta.ts';
import { checkNames } from './check-names.ts';
import { checkReferences } from './check-references.ts';
import { checkSchemas } from './check-schemas.ts';
import type { Origins } from './origins.ts';
import type { Problems } from './problem.ts';

export interface Surroundings {
  /** Packs whose objects this one may refer to. */
  others: readonly Bundle[];
  /** What to do about references when a required pack is missing: trust that it has the objects, or warn. */
  missing: 'trust' | 'warn';
}

/**
 * Checks that need the whole pack: meta data, names, schemas of params, and references. Errors are what an endpoint
 * refuses; warnings are what it accepts but the author may not have meant.
 */
export async function checkBundle(
  bundle: Bundle,
  origins: Origins,
  { others, missing }: Surroundings,
  problems: Problems,
): Promise<void> {
  checkMeta(bundle.meta, problems);
  checkPrerequisites(bundle, others, problems);
  checkNames(bundle, origins, problems);
  await checkSchemas(bundle, origins, problems);
  const notHere = missingPrerequisites(bundle, others);
  if (notHere.length > 0 && missing === 'trust') return;
  warnOfMissing(notHere, problems);
  checkReferences(bundle, origins, others, problems);
}
