import type { Job, Machine } from '../../../api/known.ts';

export type EntryState = 'done' | 'current' | 'failed' | 'waiting';

/** An entry of a machine's task list. */
export interface Entry {
  /** `task`, or the word before the colon: `bootenv`, `action`, `context`, `chroot`. */
  kind: string;
  name: string;
  state: EntryState;
}

/** The entries of a stage. */
export interface Stage {
  /** Empty for entries before the first stage. */
  name: string;
  state: EntryState;
  entries: Entry[];
}

type Placed = Pick<Machine, 'Tasks' | 'CurrentTask'>;

/** A machine's task list by stages, with its progress. `job` is the current job. */
export function stagesOf({ Tasks, CurrentTask }: Placed, job?: Pick<Job, 'State'>): Stage[] {
  const stages: Stage[] = [];
  for (const [at, text] of (Tasks ?? []).entries()) {
    const state = stateOf(at, CurrentTask, job?.State);
    const [, word, rest] = /^(stage|bootenv|action|context|chroot):(.*)$/s.exec(text) ?? [];
    if (word === 'stage') {
      stages.push({ name: rest ?? '', state, entries: [] });
      continue;
    }
    const last = stages.at(-1) ?? { name: '', state, entries: [] };
    if (stages.length === 0) stages.push(last);
    last.entries.push({ kind: word ?? 'task', name: rest ?? text, state });
  }
  return stages.map((stage) => ({ ...stage, state: together(stage) }));
}

function stateOf(at: number, current: number, job: string | undefined): EntryState {
  if (at < current) return 'done';
  if (at > current) return 'waiting';
  if (job === 'failed') return 'failed';
  return job === 'finished' ? 'done' : 'current';
}

/** The state of a stage, from its entries: failed if one has failed, done if all are done. */
function together({ state, entries }: Stage): EntryState {
  const all = [state, ...entries.map((entry) => entry.state)];
  if (all.includes('failed')) return 'failed';
  if (all.every((one) => one === 'done')) return 'done';
  return all.every((one) => one === 'waiting') ? 'waiting' : 'current';
}

/** A text version of the picture, for screen readers. */
export function inWords(stages: readonly Stage[]): string {
  const named = stages.filter(({ name }) => name !== '').length;
  const at = stages.findIndex(({ state }) => state === 'current' || state === 'failed');
  const stage = stages[at];
  if (stage === undefined) {
    const isDone = stages.length > 0 && stages.every(({ state }) => state === 'done');
    return `${named} stages, ${isDone ? 'all done' : 'not begun'}`;
  }
  const entry = stage.entries.find(({ state }) => state === 'current' || state === 'failed');
  const where =
    entry === undefined
      ? ''
      : `, ${entry.kind} ${entry.name} ${entry.state === 'failed' ? 'failed' : 'is current'}`;
  return `${named} stages; in stage ${stage.name}${where}`;
}
