import { isDeepStrictEqual } from 'node:util';
import { type RawModel, timestamp, UUID } from '../../../models/index.ts';
import { CLAIMS, COMMON, invalid, NAME, type Prefix } from './prefix.ts';

const JOB_STATES = ['created', 'running', 'incomplete', 'failed', 'finished'];
const ENDED = ['failed', 'finished'];
const EXIT_STATES = ['', 'reboot', 'poweroff', 'stop', 'complete', 'failed'];
const NO_TIME = '0001-01-01T00:00:00Z';

/** The previous job of a first job. */
export const NO_JOB = '00000000-0000-0000-0000-000000000000';

/** Fields set when the job is created. Clients cannot change them. */
const READ_ONLY = [
  'Previous',
  'Machine',
  'Task',
  'Stage',
  'Workflow',
  'BootEnv',
  'Context',
  'CurrentIndex',
  'NextIndex',
  'ExtraClaims',
];

/** Whether a job has ended. */
export function hasEnded({ State }: RawModel): boolean {
  return ENDED.includes(String(State));
}

/** The run of a task on a machine (`models.Job`). */
export const JOBS: Prefix = {
  key: 'Uuid',
  keyOf: (text) => (UUID.test(text) ? text.toLowerCase() : text),
  name: { pattern: UUID, refusal: 'Invalid Uuid' },
  formats: { Uuid: 'UUID string', Previous: 'UUID string', Machine: 'UUID string' },
  fields: {
    ...COMMON,
    Uuid: '',
    Previous: '',
    Machine: '',
    Task: '',
    Stage: '',
    Context: '',
    State: '',
    ExitState: '',
    StartTime: NO_TIME,
    EndTime: NO_TIME,
    Archived: false,
    Current: false,
    CurrentIndex: 0,
    NextIndex: 0,
    Workflow: '',
    BootEnv: '',
    ExtraClaims: [],
    Token: '',
  },
  parts: { ExtraClaims: CLAIMS },
  omitEmpty: ['ExtraClaims', 'Token'],
  prepare(job, original) {
    job.Uuid = String(job.Uuid).toLowerCase();
    job.Previous ||= NO_JOB;
    // The token is only in the answer that creates the job.
    delete job.Token;
    if (job.State === original?.State) return;
    if (job.State === 'created' || job.State === 'running') job.StartTime = timestamp();
    if (!hasEnded(job)) job.EndTime = NO_TIME;
    else if (job.EndTime === NO_TIME) job.EndTime = timestamp();
  },
  change(job, { original, byJob }) {
    if (byJob || original === undefined) return [];
    job.Current = original.Current;
    if (original.Current !== true && hasEnded(original) && !hasEnded(job))
      return [`Cannot change State to ${job.State}: the job has ended, and its machine has another one`];
    return READ_ONLY.filter((field) => !isDeepStrictEqual(job[field], original[field])).map(
      (field) => `Cannot change ${field} of a job`,
    );
  },
  check: checkJob,
};

function checkJob({ Task, Stage, State, ExitState }: RawModel): string[] {
  return [
    ...(String(Task).includes(':') ? [] : invalid('Invalid Task', Task, NAME)),
    ...invalid('Invalid Stage', Stage, NAME),
    ...(JOB_STATES.includes(String(State)) ? [] : [`Invalid State \`${State}\``]),
    ...(EXIT_STATES.includes(String(ExitState)) ? [] : [`Invalid ExitState \`${ExitState}\``]),
  ];
}
