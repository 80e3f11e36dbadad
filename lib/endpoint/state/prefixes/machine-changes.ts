import { isDeepStrictEqual } from 'node:util';
import type { RawModel } from '../../../models/index.ts';
import type { Lookup } from '../lookup.ts';
import type { Change } from './prefix.ts';
import { bootEnvProblems, LONGEST_CHAIN, taskEntry } from './workflows.ts';

/** Machine fields that describe its progress in a workflow. */
interface Progress {
  Uuid: string;
  Workflow: string;
  Stage: string;
  BootEnv: string;
  Context: string;
  Tasks: string[];
  CurrentTask: number;
  CurrentJob: string;
  Runnable: boolean;
  RetryTaskAttempt: number;
  TaskErrorStacks: unknown[];
  WorkflowComplete: boolean;
  OS: string;
  Meta: Record<string, string>;
}

const NEW: Partial<Progress> = { Workflow: '', Stage: '', BootEnv: 'local', Tasks: [], CurrentTask: 0 };

/**
 * Applies the consequences of a client's change to a machine: a workflow sets its first stage, boot environment and all
 * tasks; a stage sets its boot environment and tasks. Returns the reasons why the change is not allowed. Rules and
 * messages are those of dr-provision of 2019, except where version 4.8 is known to differ (CurrentTask of a machine
 * without tasks).
 */
export function changeMachine(object: RawModel, { original, force, byJob, store }: Change): string[] {
  const machine = object as unknown as Progress;
  const isNew = original === undefined;
  const before = (original ?? NEW) as unknown as Progress;
  if (byJob) {
    follow(machine, before, store, false);
    return [];
  }
  if (isNew) {
    machine.Workflow ||= store.preference('defaultWorkflow');
    machine.Stage ||= store.preference('defaultStage');
    machine.BootEnv ||= store.preference('defaultBootEnv');
  }
  const old = splitTasks(before);
  const now = splitTasks(machine);
  const problems = isNew ? [] : repositionProblems(machine, before, store);
  if (problems.length > 0) return problems;

  const first = changeWorkflow(machine, before, store, problems);
  if (first.stage !== undefined) machine.Stage = first.stage;
  if (first.bootEnv !== undefined) machine.BootEnv = first.bootEnv;
  changeStage(machine, before, store, problems, isNew);
  if (before.BootEnv !== machine.BootEnv) problems.push(...bootEnvProblems(machine.BootEnv, store));
  if (!isNew && problems.length === 0) {
    if (machine.Workflow === '') problems.push(...stageProblems(machine, before, force));
    else problems.push(...workflowProblems(machine, before, first));
  }
  if (problems.length > 0) return problems;

  const inPlace =
    !isNew &&
    machine.Workflow === before.Workflow &&
    (machine.Workflow !== '' || machine.Stage === before.Stage);
  const ofTasks = inPlace ? taskListProblems(machine, before, { old, now }, store) : [];
  if (isNew) machine.CurrentTask = machine.Tasks.length > 0 ? -1 : 0;
  else machine.CurrentJob = before.CurrentJob;
  if (!isNew && !inPlace) {
    // The retry count belongs to the former task list.
    machine.RetryTaskAttempt = 0;
    machine.TaskErrorStacks = [];
  }
  follow(machine, before, store, isNew);
  return ofTasks;
}

/** Consequences of any change of a machine. */
function follow(machine: Progress, before: Progress, store: Lookup, isNew: boolean): void {
  machine.CurrentTask = Math.min(machine.CurrentTask, machine.Tasks.length);
  machine.WorkflowComplete = machine.CurrentTask >= machine.Tasks.length;
  followBootEnv(machine, before, store, isNew);
}

/**
 * Clients may move a machine back in its task list, but not before the start of its boot environment, and not forward.
 */
function repositionProblems(machine: Progress, before: Progress, store: Lookup): string[] {
  const { CurrentTask: to, Tasks } = machine;
  const from = before.CurrentTask;
  if (to === from || to <= -1 || Tasks.length === 0) return [];
  if (!isDeepStrictEqual(before.Tasks, Tasks))
    return ['Cannot change task list and current task at the same time'];
  if (from < to) return [`Cannot advance CurrentTask from ${from} to ${to} without running jobs`];
  const bound = startOfBootEnv(machine, from, store) ?? -1;
  return to < bound ? [`Cannot change CurrentTask from ${from} to ${to} past ${bound}`] : [];
}

/** The stage and boot environment with which a workflow begins; undefined for what it leaves. */
interface FirstStage {
  stage?: string | undefined;
  bootEnv?: string | undefined;
}

/** Returns the initial progress of a machine with a new workflow. */
function changeWorkflow(machine: Progress, before: Progress, store: Lookup, problems: string[]): FirstStage {
  const { Workflow } = machine;
  if (before.Workflow === Workflow) return {};
  machine.Context = baseContext(machine);
  if (Workflow === '') {
    if (machine.Stage === before.Stage) machine.Stage = '';
    return {};
  }
  const workflow = store.get('workflows', Workflow);
  if (workflow === undefined) {
    problems.push(`Workflow ${Workflow} does not exist`);
    return {};
  }
  if (!store.isAvailable('workflows', Workflow)) {
    problems.push(`Machine ${machine.Uuid} wants Workflow ${Workflow}, which is not available`);
    return {};
  }
  machine.CurrentTask = -1;
  const stages = workflow.Stages as string[];
  const tasks: string[] = [];
  let first: string | undefined;
  let last = '';
  for (const [at, name] of stages.entries()) {
    const stage = store.get('stages', name);
    const bootEnv = String(stage?.BootEnv ?? '');
    tasks.push(`stage:${name}`);
    if (bootEnv !== '' && bootEnv !== last) {
      if (at === 0) first = bootEnv;
      tasks.push(`bootenv:${bootEnv}`);
      last = bootEnv;
    }
    for (const task of (stage?.Tasks ?? []) as string[]) tasks.push(task);
  }
  machine.Tasks = withPrerequisites(machine, first ?? machine.BootEnv, tasks, store, problems);
  return { stage: stages[0], bootEnv: first };
}

function changeStage(
  machine: Progress,
  before: Progress,
  store: Lookup,
  problems: string[],
  isNew: boolean,
): void {
  if (before.Stage === machine.Stage) return;
  machine.Stage ||= 'none';
  const stage = store.get('stages', machine.Stage);
  if (stage === undefined) {
    problems.push(`Stage ${machine.Stage} does not exist`);
    return;
  }
  if (!store.isAvailable('stages', machine.Stage) && machine.Workflow === '') {
    problems.push(`Machine ${machine.Uuid} wants Stage ${machine.Stage}, which is not available`);
    return;
  }
  if (stage.BootEnv !== '') machine.BootEnv = String(stage.BootEnv);
  if (machine.Workflow !== '') return;
  machine.CurrentTask = -1;
  if (!isNew) machine.Context = baseContext(machine);
  const tasks = stage.Tasks as string[];
  if (tasks.length > 0 || !isNew) machine.Tasks = [...tasks];
  machine.Tasks = withPrerequisites(machine, machine.BootEnv, machine.Tasks, store, problems);
}

/** A machine with a workflow has the stage and boot environment that the workflow gives it. */
function workflowProblems(machine: Progress, before: Progress, given: FirstStage): string[] {
  const problems: string[] = [];
  if (before.BootEnv !== machine.BootEnv && given.bootEnv === undefined)
    problems.push('Changing machine bootenv not allowed');
  if (before.Stage !== machine.Stage && given.stage === undefined)
    problems.push('Changing machine stage not allowed');
  return problems;
}

/** Why a machine without a workflow cannot change its stage or boot environment; empty when it can. */
function stageProblems(machine: Progress, before: Progress, force: boolean): string[] {
  const problems: string[] = [];
  if (!force) {
    const pending = before.Tasks.length > 0 && before.CurrentTask !== before.Tasks.length;
    if (before.Stage !== machine.Stage && pending && before.Workflow === '')
      problems.push('Can not change stages with pending tasks unless forced');
    if (machine.Stage !== 'none' && before.Stage === machine.Stage && before.BootEnv !== machine.BootEnv) {
      problems.push(
        `Can not change bootenv while in a stage unless forced. old: ${before.BootEnv} new ${machine.BootEnv}`,
      );
    }
  }
  if (machine.Runnable && before.Tasks.length === 0 && machine.Tasks.length > 0) machine.CurrentTask = -1;
  return problems;
}

/** Clients may only change tasks between the current one and the next stage. */
function taskListProblems(
  machine: Progress,
  before: Progress,
  { old, now }: { old: SplitTasks; now: SplitTasks },
  store: Lookup,
): string[] {
  const problems: string[] = [];
  if (before.CurrentTask === machine.CurrentTask) {
    if (!isDeepStrictEqual(old.past, now.past)) {
      problems.push(
        old.past.length > now.past.length
          ? 'Cannot remove tasks that have already executed or are already executing'
          : 'Cannot change tasks that have already executed or are executing',
      );
    }
    if (!isDeepStrictEqual(old.future, now.future))
      problems.push('Cannot change tasks that are past the next stage transition');
    if (!isDeepStrictEqual(old.present, now.present))
      machine.Tasks = withPrerequisites(machine, machine.BootEnv, machine.Tasks, store, problems);
  } else if (
    before.Tasks.length > 0 &&
    machine.CurrentTask > -1 &&
    !isDeepStrictEqual(before.Tasks, machine.Tasks)
  ) {
    problems.push('Cannot change task list and current task at the same time');
  }
  if (machine.CurrentTask === before.CurrentTask) return problems;
  if (machine.CurrentTask === -1 && machine.Workflow !== '')
    machine.CurrentTask = startOfBootEnv(machine, before.CurrentTask, store) ?? -1;
  if (machine.Context === before.Context) machine.Context = contextAt(machine);
  return problems;
}

/** The context of a machine's tasks when no entry sets one. */
function baseContext({ Meta }: Progress): string {
  return Meta.BaseContext ?? '';
}

/** The context of the machine's current task. */
function contextAt(machine: Progress): string {
  const passed = machine.Tasks.slice(0, Math.max(0, machine.CurrentTask));
  const last = passed.map(taskEntry).findLast(([word]) => word === 'context');
  return last?.[1] ?? baseContext(machine);
}

/** The index of the last stage that started the machine's boot environment, at or before `from`. */
function startOfBootEnv({ Tasks, BootEnv }: Progress, from: number, store: Lookup): number | undefined {
  let found: number | undefined;
  for (let at = Math.min(from, Tasks.length - 1); at >= 0; at -= 1) {
    const [word, name] = taskEntry(Tasks[at] ?? '');
    if (word !== 'stage') continue;
    const bootEnv = store.get('stages', name)?.BootEnv;
    if (bootEnv === undefined) return found;
    if (bootEnv === '') continue;
    if (bootEnv !== BootEnv) break;
    found = at;
  }
  return found;
}

interface SplitTasks {
  /** Tasks up to the current one. */
  past: string[];
  /** Tasks from there to the next stage. */
  present: string[];
  future: string[];
}

function splitTasks({ Tasks, CurrentTask }: Progress): SplitTasks {
  const past = Tasks.slice(0, CurrentTask + 1);
  const rest = Tasks.slice(CurrentTask + 1);
  const next = rest.findIndex((task) => task.startsWith('stage:'));
  if (next < 0) return { past, present: rest, future: [] };
  return { past, present: rest.slice(0, next), future: rest.slice(next) };
}

/** The tasks with their prerequisites, each once per boot environment. */
function withPrerequisites(
  { CurrentTask }: Progress,
  firstBootEnv: string,
  tasks: readonly string[],
  store: Lookup,
  problems: string[],
): string[] {
  const result: string[] = [];
  const known = new Map<string, string[]>();
  let bootEnv = firstBootEnv;
  let seen = new Set<string>();
  for (const [at, entry] of tasks.entries()) {
    const [word, name] = taskEntry(entry);
    if (word === 'bootenv') {
      if (name !== bootEnv) seen = new Set();
      bootEnv = name;
    } else if (word === 'task') {
      if (CurrentTask <= at) {
        for (const prerequisite of prerequisitesOf(name, store, known)) {
          if (seen.has(prerequisite)) continue;
          seen.add(prerequisite);
          result.push(prerequisite);
        }
        if (store.exists('tasks', name) && !store.isAvailable('tasks', name))
          problems.push(`Task ${name} is not available`);
      }
      seen.add(name);
    }
    result.push(entry);
  }
  return result;
}

/** All prerequisites of a task in order. `known` caches those of other tasks. */
function prerequisitesOf(name: string, store: Lookup, known: Map<string, string[]>, depth = 0): string[] {
  const found = known.get(name);
  if (found !== undefined) return found;
  // A task with a longer chain is not available.
  if (depth > LONGEST_CHAIN) return [];
  // Ends recursion for a task that requires itself, which is refused elsewhere.
  known.set(name, []);
  const own = (store.get('tasks', name)?.Prerequisites ?? []) as string[];
  const all = [
    ...new Set([...own.flatMap((task) => prerequisitesOf(task, store, known, depth + 1)), ...own]),
  ];
  known.set(name, all);
  return all;
}

/**
 * A machine that boots another system runs nothing until that is up. Also sets flags that depend on the boot
 * environment.
 */
function followBootEnv(machine: Progress, before: Progress, store: Lookup, isNew: boolean): void {
  const environment = store.get('bootenvs', machine.BootEnv);
  if (before.BootEnv !== machine.BootEnv) {
    if (!isNew) machine.Runnable = false;
    if (machine.BootEnv.endsWith('-install')) {
      const { Name } = (environment?.OS ?? {}) as RawModel;
      if (typeof Name === 'string') machine.OS = Name;
    }
  }
  const flags = new Set(['change-stage-v2']);
  for (const source of [environment, store.get('stages', machine.Stage)]) {
    const meta = (source?.Meta ?? {}) as Record<string, string>;
    for (const flag of (meta['feature-flags'] ?? '').split(','))
      if (flag.trim() !== '') flags.add(flag.trim());
  }
  if (flags.has('original-change-stage')) flags.delete('change-stage-v2');
  machine.Meta = { ...machine.Meta, 'feature-flags': [...flags].sort().join(',') };
}
