import type { Bundle, ContentObject } from './bundle.ts';
import { type Origins, originOf } from './origins.ts';
import type { Problems } from './problem.ts';

/** Objects that every endpoint has (its BasicStore, and the profile global). */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  bootenvs: ['ignore', 'local'],
  profiles: ['global'],
  stages: ['local', 'none'],
};

/** A reference in an object: the place of it, and the type and key of its target. */
interface Reference {
  path: readonly string[];
  type: string;
  key: string;
}

/**
 * Warns of references to objects that neither this pack nor `others` have. The endpoint accepts such objects, but marks
 * them as unavailable until another pack brings the missing ones.
 */
export function checkReferences(
  bundle: Bundle,
  origins: Origins,
  others: readonly Bundle[],
  problems: Problems,
): void {
  const packs = [bundle, ...others];
  const isHere = (type: string, key: string) =>
    BUILT_IN[type]?.includes(key) || packs.some(({ sections }) => Object.hasOwn(sections[type] ?? {}, key));
  for (const [type, read] of Object.entries(READERS)) {
    for (const [key, object] of Object.entries(bundle.sections[type] ?? {})) {
      for (const reference of read(object)) {
        if (isHere(reference.type, reference.key)) continue;
        const origin = originOf(origins, type, key);
        const kind = reference.type.slice(0, -1);
        problems.warning(origin, reference.path, `there is no ${kind} ${reference.key} in the packs at hand`);
      }
    }
  }
}

/** Finds the references in objects of each type. */
const READERS: Readonly<Record<string, (object: ContentObject) => Reference[]>> = {
  workflows: (workflow) => named(workflow, 'Stages', 'stages'),
  bootenvs: (bootenv) => [...templates(bootenv), ...named(bootenv, 'RequiredParams', 'params')],
  stages: (stage) => [
    ...(stage.BootEnv ? [{ path: ['BootEnv'], type: 'bootenvs', key: String(stage.BootEnv) }] : []),
    // A prefix such as `action:` or `stage:` marks a step that is not a task.
    ...named(stage, 'Tasks', 'tasks').filter(({ key }) => !/^[a-z]+:/.test(key)),
    ...named(stage, 'Profiles', 'profiles'),
    ...templates(stage),
    ...named(stage, 'RequiredParams', 'params'),
  ],
  tasks: (task) => [
    ...named(task, 'Prerequisites', 'tasks'),
    ...templates(task),
    ...named(task, 'RequiredParams', 'params'),
  ],
};

function named(object: ContentObject, field: string, type: string): Reference[] {
  const list: unknown = object[field];
  return (Array.isArray(list) ? list : []).flatMap((key, at) => {
    return typeof key === 'string' ? [{ path: [field, String(at)], type, key }] : [];
  });
}

/** References to templates by ID. Entries with inline text refer to nothing. */
function templates({ Templates }: ContentObject): Reference[] {
  return (Array.isArray(Templates) ? Templates : []).flatMap(({ ID, Contents }: ContentObject, at) => {
    const isNamed = typeof ID === 'string' && ID !== '' && !Contents;
    return isNamed ? [{ path: ['Templates', String(at), 'ID'], type: 'templates', key: ID }] : [];
  });
}
