import type { Bundle, ContentObject } from './bundle.ts';
import { type Origins, originOf } from './origins.ts';
import type { Problems } from './problem.ts';

/** Stages that every endpoint has. */
const BUILT_IN_STAGES = ['local', 'none'];

/** Checks that tasks, stages, templates and required params that objects name are in this pack or in `others`. */
export function checkReferences(
  bundle: Bundle,
  origins: Origins,
  others: readonly Bundle[],
  problems: Problems,
): void {
  const packs = [bundle, ...others];
  const isHere = (type: string, key: string) =>
    packs.some(({ sections }) => Object.hasOwn(sections[type] ?? {}, key));
  const each = (type: string, visit: (object: ContentObject, key: string) => void) => {
    for (const [key, object] of Object.entries(bundle.sections[type] ?? {})) visit(object, key);
  };

  each('workflows', (workflow, key) => {
    for (const [index, stage] of texts(workflow.Stages).entries()) {
      if (isHere('stages', stage) || BUILT_IN_STAGES.includes(stage)) continue;
      problems.error(
        originOf(origins, 'workflows', key),
        ['Stages', String(index)],
        `there is no stage ${stage}`,
      );
    }
  });
  each('stages', (stage, key) => {
    for (const [index, task] of texts(stage.Tasks).entries()) {
      // A prefix such as `action:` or `stage:` makes it another kind of step than a task.
      if (isHere('tasks', task) || /^[a-z]+:/.test(task)) continue;
      problems.error(originOf(origins, 'stages', key), ['Tasks', String(index)], `there is no task ${task}`);
    }
  });
  for (const type of ['bootenvs', 'stages', 'tasks']) {
    each(type, (object, key) => {
      const origin = originOf(origins, type, key);
      for (const [index, id] of templateIds(object.Templates).entries()) {
        if (id === undefined || isHere('templates', id)) continue;
        problems.error(origin, ['Templates', String(index), 'ID'], `there is no template ${id}`);
      }
      for (const [index, param] of texts(object.RequiredParams).entries()) {
        if (isHere('params', param)) continue;
        problems.warning(
          origin,
          ['RequiredParams', String(index)],
          `no pack here defines the param ${param}`,
        );
      }
    });
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The ID that each template entry names; undefined for one that has its text with it. */
function templateIds(templates: unknown): (string | undefined)[] {
  if (!Array.isArray(templates)) return [];
  return templates.map(({ ID, Contents }: ContentObject) => {
    return typeof ID === 'string' && ID !== '' && !Contents ? ID : undefined;
  });
}
