import type { Client, Machine } from '../../../lib/api/index.ts';
import type { Bundle } from '../../../lib/content/index.ts';
import { ModelError, nearest } from '../../../lib/models/index.ts';

/** Something in the author's packs that can be run. */
export interface Target {
  kind: 'workflow' | 'stage' | 'task' | 'template';
  name: string;
  /** The workflow that runs it. */
  workflow: string;
}

const SECTIONS = {
  workflow: 'workflows',
  stage: 'stages',
  task: 'tasks',
  template: 'templates',
} as const;

/** Name of the objects made for the trial. */
const OWN = 'drpkit-trial';

/**
 * Finds `name` in the packs, in the order of `kinds`, and creates a workflow for it at the endpoint if necessary.
 * Throws ModelError 404 with suggestions.
 */
export async function findTarget(
  api: Client,
  packs: readonly Bundle[],
  name: string,
  kinds: readonly Target['kind'][],
): Promise<Target> {
  const has = (kind: Target['kind']) =>
    packs.some(({ sections }) => Object.hasOwn(sections[SECTIONS[kind]] ?? {}, name));
  const kind = kinds.find(has);
  if (kind === undefined) throw notFound(packs, name, kinds);
  if (kind === 'workflow') return { kind, name, workflow: name };
  let [stage, task] = [name, name];
  if (kind === 'template') {
    const Templates = [{ Name: name, ID: name, Path: '', Contents: '', Link: '', Meta: {} }];
    const Meta = { 'feature-flags': 'sane-exit-codes' };
    ({ Name: task } = await api.objects('tasks').create({ Name: OWN, Templates, Meta }));
  }
  if (kind !== 'stage') ({ Name: stage } = await api.objects('stages').create({ Name: OWN, Tasks: [task] }));
  const { Name: workflow } = await api.objects('workflows').create({ Name: OWN, Stages: [stage] });
  return { kind, name, workflow };
}

/** Sets the machine's workflow. Throws ModelError 422 that says what the workflow or one of its stages is missing. */
export async function setWorkflow(api: Client, { Uuid }: Machine, { workflow }: Target): Promise<Machine> {
  const { Available, Errors, Stages } = await api.objects('workflows').get(workflow);
  const stages = api.objects('stages');
  const problems = Available ? [] : [...(Errors ?? [])];
  for (const name of Stages) {
    const stage = await stages.get(name).catch(() => undefined);
    if (stage !== undefined && !stage.Available)
      problems.push(...(stage.Errors ?? []).map((each) => `stage ${name}: ${each}`));
  }
  if (problems.length > 0) {
    const hint = 'Packs that have what is missing can be given as well: --pack DIR';
    throw new ModelError(422, [...problems, hint], { model: 'workflows', key: workflow });
  }
  return api.objects('machines').patch(Uuid, [{ op: 'replace', path: '/Workflow', value: workflow }]);
}

function notFound(packs: readonly Bundle[], name: string, kinds: readonly Target['kind'][]): ModelError {
  const namesOf = (kind: Target['kind']) =>
    packs.flatMap(({ sections }) => Object.keys(sections[SECTIONS[kind]] ?? {}));
  const meant = new Set(nearest(name, kinds.flatMap(namesOf)));
  // Templates are too many to list.
  const some = new Set(kinds.filter((kind) => kind !== 'template').flatMap(namesOf));
  const known =
    meant.size > 0
      ? `did you mean ${[...meant].join(' or ')}?`
      : `there are ${[...some].join(', ') || 'none'}`;
  const among = packs.map(({ meta }) => meta.Name).join(', ');
  return new ModelError(404, `no ${kinds.join(' or ')} is called ${name} in the packs ${among}: ${known}`);
}
