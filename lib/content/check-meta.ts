import {
  ModelError,
  type Prerequisite,
  prerequisitesIn,
  prerequisiteVersion,
  readVersionRange,
  versionProblem,
} from '../models/index.ts';
import type { Bundle } from './bundle.ts';
import { type Problems, wholeFile } from './problem.ts';

const PREREQUISITES = wholeFile('._Prerequisites.meta');

/** The content pack that every endpoint includes. */
const BASIC = 'BasicStore';

/** Checks the fields that the endpoint interprets: Name, Version and Prerequisites. */
export function checkMeta(meta: Readonly<Record<string, string>>, problems: Problems): void {
  const { Name = '', Version = '', Prerequisites = '' } = meta;
  if (Name === '') problems.error(wholeFile('._Name.meta'), [], 'is empty: a content pack has a name');
  // An empty version counts as 0.0.0.
  const wrong = Version === '' ? undefined : versionProblem(Version);
  if (wrong !== undefined) problems.warning(wholeFile('._Version.meta'), [], wrong);
  for (const { name, requirement } of prerequisitesIn(Prerequisites)) {
    const shown = JSON.stringify(`${name}: ${requirement}`);
    if (name === '') problems.error(PREREQUISITES, [], `${shown} names no pack`);
    try {
      readVersionRange(requirement);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      problems.error(PREREQUISITES, [], `${shown}: ${error.message}`);
    }
  }
}

/** The required packs that are not among `others`. */
export function missingPrerequisites(bundle: Bundle, others: readonly Bundle[]): Prerequisite[] {
  const here = new Set([BASIC, ...others.map(({ meta }) => meta.Name)]);
  return prerequisitesIn(bundle.meta.Prerequisites ?? '').filter(({ name }) => !here.has(name));
}

/** Warns of packs among `others` whose version is outside of the required range. */
export function checkPrerequisites(bundle: Bundle, others: readonly Bundle[], problems: Problems): void {
  for (const { name, requirement } of prerequisitesIn(bundle.meta.Prerequisites ?? '')) {
    const other = others.find(({ meta }) => meta.Name === name);
    if (other === undefined || fits(other.meta.Version ?? '', requirement)) continue;
    const found = other.meta.Version || 'of no version';
    problems.warning(PREREQUISITES, [], `requires ${name} ${requirement}, and the one at hand is ${found}`);
  }
}

/** Invalid versions and ranges count as fitting: other checks report them. */
function fits(version: string, requirement: string): boolean {
  try {
    return readVersionRange(requirement)(prerequisiteVersion(version));
  } catch (error) {
    if (error instanceof ModelError) return true;
    throw error;
  }
}

/** Warns of each missing required pack. */
export function warnOfMissing(missing: readonly Prerequisite[], problems: Problems): void {
  for (const { name } of missing)
    problems.warning(PREREQUISITES, [], `requires ${name}, which is not at hand`);
}
