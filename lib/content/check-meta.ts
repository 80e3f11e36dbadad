import { versionProblem } from '../models/index.ts';
import type { Bundle } from './bundle.ts';
import { type Problems, wholeFile } from './problem.ts';

const PART = '(?:0|[1-9][0-9]*)';
const LABELS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const CONSTRAINT = new RegExp(
  `^(?:[<>]=?|==?|!=?)?\\s*v?${PART}(?:\\.(?:${PART}|x))?(?:\\.(?:${PART}|x))?(?:-${LABELS})?(?:\\+${LABELS})?$`,
);

/** Checks the fields that the endpoint reads: Name, Version and Prerequisites. */
export function checkMeta(meta: Readonly<Record<string, string>>, problems: Problems): void {
  const { Name = '', Version = '', Prerequisites = '' } = meta;
  if (Name === '') problems.error(wholeFile('._Name.meta'), [], 'is empty: a content pack has a name');
  // An empty version stands for 0.0.0.
  const wrong = Version === '' ? undefined : versionProblem(Version);
  if (wrong !== undefined) problems.warning(wholeFile('._Version.meta'), [], wrong);
  for (const { name, constraints } of prerequisites(Prerequisites)) {
    const bad =
      name === '' ? 'has no name' : constraints.every(isConstraint) ? undefined : 'is no version requirement';
    if (bad === undefined) continue;
    const text = `${JSON.stringify(`${name}: ${constraints.join(' || ')}`)} ${bad}`;
    problems.error(wholeFile('._Prerequisites.meta'), [], text);
  }
}

/** The names of required packs that are not among `others`. */
export function missingPrerequisites(bundle: Bundle, others: readonly Bundle[]): string[] {
  const here = new Set(others.map(({ meta }) => meta.Name));
  const required = prerequisites(bundle.meta.Prerequisites ?? '').map(({ name }) => name);
  return required.filter((name) => !here.has(name));
}

/** `one: >=1.0.0 <2.0.0 || >3.0.0, two` taken apart: names, and what is between the `||`. */
function prerequisites(text: string): { name: string; constraints: string[] }[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [name = '', ...rest] = entry.split(':');
      const range = rest.join(':').trim();
      const constraints = rest.length === 0 ? [] : range.split('||').map((part) => part.trim());
      return { name: name.trim(), constraints };
    });
}

/** Whether each of the constraints in `text`, which spaces separate and which all must hold, is well-formed. */
function isConstraint(text: string): boolean {
  const parts = text.replace(/([<>=!])\s+/g, '$1').split(/\s+/);
  return parts.every((part) => CONSTRAINT.test(part));
}
