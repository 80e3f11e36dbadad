import { isIP } from 'node:net';
import { type RawModel, UUID } from '../../../models/index.ts';
import type { Lookup } from '../lookup.ts';
import { randomSecret } from '../secret.ts';
import { architectureOf } from './architecture.ts';
import { changeMachine } from './machine-changes.ts';
import { COMMON, invalid, NAME, NUMBER_NAME, type Prefix } from './prefix.ts';
import { bootEnvProblems, missingTasks, taskEntry } from './workflows.ts';

const MAC = /^([0-9a-f]{2}[:-]){5,19}[0-9a-f]{2}$/i;

export const MACHINES: Prefix = {
  key: 'Uuid',
  keyOf: (text) => (UUID.test(text) ? text.toLowerCase() : text),
  name: { pattern: UUID, refusal: 'Invalid Uuid' },
  unique: ['Name'],
  formats: { Uuid: 'UUID string', CurrentJob: 'UUID string', Address: 'IP Address' },
  fields: {
    ...COMMON,
    Partial: false,
    Name: '',
    Description: '',
    Uuid: '',
    CurrentJob: '',
    Address: '',
    Stage: '',
    BootEnv: '',
    Profiles: [],
    Params: {},
    Tasks: [],
    CurrentTask: 0,
    RetryTaskAttempt: 0,
    TaskErrorStacks: [],
    Runnable: false,
    Secret: '',
    OS: '',
    HardwareAddrs: [],
    Workflow: '',
    Arch: 'amd64',
    Locked: false,
    Context: '',
    Fingerprint: {},
    Pool: 'default',
    PoolAllocated: false,
    PoolStatus: 'Free',
    WorkflowComplete: false,
  },
  parts: {
    Fingerprint: {
      holds: 'one',
      shape: { fields: { SSNHash: '', CSNHash: '', CloudInstanceID: '', SystemUUID: '', MemoryIds: [] } },
    },
    TaskErrorStacks: { holds: 'list', shape: { fields: { CurrentTask: 0, TaskList: [] } } },
  },
  prepare(machine, original) {
    machine.Uuid = String(machine.Uuid).toLowerCase();
    machine.Stage ||= 'none';
    machine.BootEnv ||= 'local';
    machine.Secret ||= original?.Secret ?? randomSecret();
    if (original === undefined) machine.Runnable = true;
  },
  change(machine, change) {
    const problems = changeMachine(machine, change);
    if (problems.length > 0 || change.original !== undefined || change.force) return problems;
    // A new machine that cannot be used is refused.
    return missingOfMachine(machine, change.store);
  },
  check: checkMachine,
  missing: missingOfMachine,
};

function checkMachine(machine: RawModel): string[] {
  const problems: string[] = [];
  const arch = String(machine.Arch);
  const known = architectureOf(arch);
  if (known === undefined) problems.push(`Unsupported arch ${arch}`);
  else if (known !== arch) problems.push(`Please use ${known} for Arch instead of ${arch}`);
  problems.push(
    ...invalid('Invalid Name', machine.Name, NUMBER_NAME),
    ...invalid('Invalid Stage', machine.Stage, NAME),
    ...invalid('Invalid BootEnv', machine.BootEnv, NAME),
    ...(machine.Workflow === '' ? [] : invalid('Invalid Workflow', machine.Workflow, NAME)),
    ...invalid('Invalid Profile', machine.Profiles, NAME),
    ...(machine.Tasks as string[]).flatMap(checkTaskEntry),
  );
  for (const address of machine.HardwareAddrs as string[]) {
    if (!MAC.test(address)) problems.push(`Invalid Hardware Address \`${address}\``);
  }
  if (machine.Address !== '' && isIP(String(machine.Address)) === 0)
    problems.push(`invalid IP address: ${machine.Address}`);
  const seen = new Map<string, number>();
  for (const [at, profile] of (machine.Profiles as string[]).entries()) {
    const first = seen.get(profile);
    if (first !== undefined) problems.push(`Duplicate profile ${profile}: at ${first} and ${at}`);
    else seen.set(profile, at);
  }
  return problems;
}

function checkTaskEntry(entry: string): string[] {
  const [word, name] = taskEntry(entry);
  if (word === 'task') return invalid('Invalid Task', name, NAME);
  if (word === 'stage') return invalid('Invalid Stage', name, NAME);
  if (word === 'bootenv') return invalid('Invalid BootEnv', name, NAME);
  if (word !== 'action') return [];
  const [plugin, action] = taskEntry(name);
  if (plugin === 'task') return invalid('Invalid Action', name, NAME);
  return [...invalid('Invalid Plugin', plugin, NAME), ...invalid('Invalid Action', action, NAME)];
}

function missingOfMachine(machine: RawModel, store: Lookup): string[] {
  const { Uuid, Profiles, Workflow, Stage, BootEnv, Tasks } = machine as Record<string, string>;
  const problems: string[] = [];
  for (const [at, profile] of (Profiles as unknown as string[]).entries()) {
    if (!store.exists('profiles', profile)) problems.push(`Profile ${profile} (at ${at}) does not exist`);
  }
  for (const [what, prefix, name] of [
    ['Workflow', 'workflows', Workflow],
    ['Stage', 'stages', Stage],
  ] as const) {
    if (name === undefined || name === '') continue;
    if (!store.exists(prefix, name)) problems.push(`${what} ${name} does not exist`);
    else if (!store.isAvailable(prefix, name))
      problems.push(`Machine ${Uuid} wants ${what} ${name}, which is not available`);
  }
  if (BootEnv !== undefined && BootEnv !== '') problems.push(...bootEnvProblems(BootEnv, store));
  return [...problems, ...missingTasks(Tasks as unknown as string[], store)];
}
