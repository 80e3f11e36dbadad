import { type RawModel, UUID } from '../../../models/index.ts';
import { CLAIMS, COMMON, invalid, NAME, type Prefix } from './prefix.ts';

const JOB_STATES = ['created', 'running', 'incomplete', 'failed', 'finished'];
const EXIT_STATES = ['', 'reboot', 'poweroff', 'stop', 'complete', 'failed'];
const NO_TIME = '0001-01-01T00:00:00Z';

/** What the endpoint makes of its own accord, and what it is told of itself. */
export const ENDPOINT_PREFIXES: Readonly<Record<string, Prefix>> = {
  jobs: {
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
    prepare(job) {
      job.Uuid = String(job.Uuid).toLowerCase();
    },
    check: checkJob,
  },
  preferences: {
    key: 'Name',
    routes: 'none',
    fields: { Meta: {}, Name: '', Val: '' },
  },
};

function checkJob({ Task, Stage, State, ExitState }: RawModel): string[] {
  return [
    ...(String(Task).includes(':') ? [] : invalid('Invalid Task', Task, NAME)),
    ...invalid('Invalid Stage', Stage, NAME),
    ...(JOB_STATES.includes(String(State)) ? [] : [`Invalid State \`${State}\``]),
    ...(EXIT_STATES.includes(String(ExitState)) ? [] : [`Invalid ExitState \`${ExitState}\``]),
  ];
}
