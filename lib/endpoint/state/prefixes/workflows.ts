import type { RawModel } from '../../../models/index.ts';
import type { Lookup } from '../lookup.ts';
import { architectureOf } from './architecture.ts';
import { CLAIMS, COMMON, invalid, NAME, NUMBER_NAME, PARAM_NAME, type Part, type Prefix } from './prefix.ts';
import {
  checkBootParams,
  checkOwnTemplate,
  checkTemplates,
  missingTemplates,
  TEMPLATES,
  templatesOf,
} from './templates.ts';

const PARAM_LISTS = { RequiredParams: [], OptionalParams: [] } as const;

/** Operating systems that templates of a task can be restricted to. */
const SYSTEMS = ['any', 'darwin', 'esxi', 'freebsd', 'linux', 'netbsd', 'openbsd', 'solaris', 'windows'];

const LOADERS = ['386-pcbios', 'amd64-uefi', 'arm64-uefi'];

const OPERATING_SYSTEM: Part = {
  holds: 'one',
  shape: {
    fields: {
      Name: '',
      Family: '',
      Codename: '',
      Version: '',
      IsoFile: '',
      IsoSha256: '',
      IsoUrl: '',
      SupportedArchitectures: {},
    },
    parts: {
      SupportedArchitectures: {
        holds: 'map',
        shape: {
          fields: {
            IsoFile: '',
            Sha256: '',
            IsoUrl: '',
            Kernel: '',
            Initrds: [],
            BootParams: '',
            Loader: '',
          },
        },
      },
    },
  },
};

/** Object types of provisioning: workflows, stages, boot environments, tasks, templates. */
export const WORKFLOW_PREFIXES: Readonly<Record<string, Prefix>> = {
  workflows: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    fields: { ...COMMON, Name: '', Description: '', Documentation: '', Stages: [] },
    check: ({ Stages }) => invalid('Invalid Stage Name', Stages, NAME),
    missing: ({ Stages }, store) =>
      (Stages as string[]).flatMap((stage) => {
        if (!store.exists('stages', stage)) return [`Stage ${stage} does not exist`];
        return store.isAvailable('stages', stage) ? [] : [`Stage ${stage} is not available`];
      }),
  },
  stages: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    fields: {
      ...COMMON,
      Partial: false,
      Name: '',
      Description: '',
      Documentation: '',
      Templates: [],
      ...PARAM_LISTS,
      Params: {},
      BootEnv: '',
      Tasks: [],
      Profiles: [],
      Reboot: false,
      RunnerWait: true,
    },
    parts: { Templates: TEMPLATES },
    prepare(stage) {
      stage.RunnerWait = true;
    },
    check: checkStage,
    missing: missingOfStage,
  },
  bootenvs: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    fields: {
      ...COMMON,
      Name: '',
      Description: '',
      Documentation: '',
      OS: {},
      Templates: [],
      ...PARAM_LISTS,
      Kernel: '',
      Initrds: [],
      BootParams: '',
      OnlyUnknown: false,
      Loaders: {},
    },
    parts: { Templates: TEMPLATES, OS: OPERATING_SYSTEM },
    check: checkBootEnv,
    missing: missingOfBootEnv,
    needed: missingTemplates,
  },
  tasks: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    fields: {
      ...COMMON,
      Name: '',
      Description: '',
      Documentation: '',
      Templates: [],
      ...PARAM_LISTS,
      Prerequisites: [],
      ExtraRoles: [],
      ExtraClaims: [],
    },
    parts: { Templates: TEMPLATES, ExtraClaims: CLAIMS },
    omitEmpty: ['ExtraRoles', 'ExtraClaims'],
    prepare(task) {
      const meta = task.Meta as Record<string, string>;
      const flags = (meta['feature-flags'] ?? '').split(',').filter((flag) => flag !== '');
      if (flags.includes('original-exit-codes') || flags.includes('sane-exit-codes')) return;
      task.Meta = { ...meta, 'feature-flags': [...flags, 'sane-exit-codes'].sort().join(',') };
    },
    check: checkTask,
    needed: (task, store) => [...missingTemplates(task, store), ...missingPrerequisites(task, store)],
  },
  templates: {
    key: 'ID',
    name: { pattern: NUMBER_NAME, refusal: 'Invalid ID' },
    fields: { ...COMMON, ID: '', Description: '', Contents: '' },
    check: checkOwnTemplate,
  },
};

function checkParamLists({ RequiredParams, OptionalParams }: RawModel): string[] {
  return [
    ...invalid('Invalid Required Param', RequiredParams, PARAM_NAME),
    ...invalid('Invalid Optional Param', OptionalParams, PARAM_NAME),
  ];
}

function checkStage(stage: RawModel): string[] {
  const tasks = (stage.Tasks as string[]).flatMap((entry) => {
    const [word, rest] = taskEntry(entry);
    if (word === 'task') return invalid('Invalid Task', rest, NAME);
    if (word === 'action') {
      const [plugin = '', action] = splitOnce(rest);
      if (action === undefined) return [`Invalid action specifier ${rest}`];
      return [...invalid('Invalid Plugin', plugin, NAME), ...invalid('Invalid Action', action, NAME)];
    }
    return ['chroot', 'bootenv', 'stage', 'context'].includes(word) ? [] : [`Invalid Task: ${entry}`];
  });
  return [
    ...(stage.BootEnv === '' ? [] : invalid('Invalid BootEnv', stage.BootEnv, NAME)),
    ...checkParamLists(stage),
    ...checkTemplates(stage, true),
    ...invalid('Invalid Profile', stage.Profiles, NAME),
    ...tasks,
  ];
}

function missingOfStage(stage: RawModel, store: Lookup): string[] {
  const problems = missingTasks(stage.Tasks as string[], store);
  for (const profile of stage.Profiles as string[]) {
    if (!store.exists('profiles', profile)) problems.push(`Profile ${profile} does not exist`);
  }
  const bootEnv = String(stage.BootEnv);
  const environment = bootEnv === '' ? undefined : store.get('bootenvs', bootEnv);
  if (environment === undefined) {
    if (bootEnv !== '') problems.push(`BootEnv ${bootEnv} does not exist`);
  } else if (!store.isAvailable('bootenvs', bootEnv)) {
    problems.push(`Stage ${stage.Name} wants BootEnv ${bootEnv}, which is not available`);
  } else {
    for (const theirs of templatesOf(environment)) {
      for (const ours of templatesOf(stage).filter(({ Path }) => Path === theirs.Path)) {
        problems.push(
          `Stage ${stage.Name} Template ${ours.Name} overlaps with BootEnv ${bootEnv} Template ${theirs.Name}`,
        );
      }
    }
  }
  return [...problems, ...missingTemplates(stage, store)];
}

function checkBootEnv(environment: RawModel): string[] {
  const { SupportedArchitectures } = environment.OS as { SupportedArchitectures: Record<string, RawModel> };
  const architectures = Object.entries(SupportedArchitectures);
  return [
    ...architectures.flatMap(([name, { Kernel, BootParams }]) => [
      ...(Kernel === '' ? [`Arch ${name} is missing a kernel!`] : []),
      ...checkBootParams(name, String(BootParams)),
    ]),
    ...(environment.Kernel === '' ? [] : checkBootParams('amd64', String(environment.BootParams))),
    ...checkParamLists(environment),
    ...checkTemplates(environment, true),
    ...Object.keys(environment.Loaders as RawModel)
      .filter((loader) => !LOADERS.includes(loader))
      .map((loader) => `${loader} is not a supported loader type`),
    ...architectures
      .filter(([name]) => architectureOf(name) === undefined)
      .map(([name]) => `${name} is not a supported architecture`),
  ];
}

/** Missing parts of a boot environment that machines boot over the network. */
function missingOfBootEnv(environment: RawModel): string[] {
  const { Kernel, OnlyUnknown, Meta, OS } = environment;
  const problems: string[] = [];
  const netBoot = OnlyUnknown === true || Kernel !== '';
  if (netBoot && (OS as RawModel).Name === '') problems.push('bootenv: Missing OS.Name');
  const menus = ['pxelinux', 'pxelinux-mac', 'ipxe', 'ipxe-mac'];
  const hasMenu = templatesOf(environment).some(({ Name }) => menus.includes(Name));
  if (!hasMenu && Kernel !== '' && (Meta as RawModel).KernelIsLoader !== 'true')
    problems.push('bootenv: Missing elilo or pxelinux template');
  return problems;
}

function checkTask(task: RawModel): string[] {
  const templates = templatesOf(task);
  const forSystems = templates.filter(({ Meta }) => Meta.OS !== undefined);
  const unknown = templates.flatMap(({ Meta }, at) =>
    (Meta.OS?.split(',') ?? [])
      .filter((system) => !SYSTEMS.includes(system.trim().toLowerCase()))
      .map((system) => `Template[${at}]: Invalid OS value ${system}`),
  );
  const problems = [...checkParamLists(task), ...checkTemplates(task, false), ...unknown];
  if (unknown.length > 0) problems.push(`Valid values are: ${SYSTEMS.join(',')}`);
  if (forSystems.length !== 0 && forSystems.length !== templates.length)
    problems.push('Cannot mix templates with OS metadata and templates without OS metadata');
  return problems;
}

/** The longest chain of tasks in which each requires the next. */
export const LONGEST_CHAIN = 1000;

/** Prerequisites that do not exist or that lead back to the task, and chains of them that are too long. */
function missingPrerequisites(task: RawModel, store: Lookup): string[] {
  const problems: string[] = [];
  const done = new Set<string>();
  /** From the task to the one whose prerequisites are looked at, with the place of each. */
  const path = new Map<string, number>();
  let isTooLong = false;
  const visit = (name: string, Prerequisites: unknown) => {
    if (path.size > LONGEST_CHAIN) {
      isTooLong = true;
      return;
    }
    path.set(name, path.size);
    for (const prerequisite of Prerequisites as string[]) {
      const at = path.get(prerequisite);
      if (at !== undefined) {
        problems.push(
          at === 0
            ? `Task ${prerequisite} depends on itself!`
            : `Task ${prerequisite} depends on a task with a circular dependency`,
          `${[...path.keys()].join(': ')}: ${prerequisite} (cycle at ${at})`,
        );
        continue;
      }
      if (done.has(prerequisite)) continue;
      done.add(prerequisite);
      const found = store.get('tasks', prerequisite);
      if (found === undefined) problems.push(`Task ${name} missing prerequisite ${prerequisite}`);
      else visit(prerequisite, found.Prerequisites);
    }
    path.delete(name);
  };
  visit(String(task.Name), task.Prerequisites);
  if (isTooLong)
    problems.push(
      `Task ${task.Name} has a chain of more than ${LONGEST_CHAIN} prerequisites, each of the next`,
    );
  return problems;
}

/** References of a task list to missing objects. */
export function missingTasks(tasks: readonly string[], store: Lookup): string[] {
  return tasks.flatMap((entry, at) => {
    const [word, name] = taskEntry(entry);
    if (word === 'task') {
      if (!store.exists('tasks', name)) return [`Task ${name} (at ${at}) does not exist`];
      return store.isAvailable('tasks', name) ? [] : [`Task ${name} (at ${at}) is not available`];
    }
    if (word === 'stage')
      return store.exists('stages', name) ? [] : [`Stage ${name} (at ${at}) does not exist`];
    if (word === 'bootenv')
      return store.exists('bootenvs', name) ? [] : [`BootEnv ${name} (at ${at}) does not exist`];
    return ['action', 'chroot', 'context'].includes(word) ? [] : [`${entry} (at ${at}) is malformed`];
  });
}

/** Why a machine cannot use a boot environment; empty when it can. */
export function bootEnvProblems(name: string, store: Lookup): string[] {
  const environment = store.get('bootenvs', name);
  if (environment === undefined) return [`Bootenv ${name} does not exist`];
  if (environment.OnlyUnknown === true)
    return [`BootEnv ${name} does not allow Machine assignments, it has the OnlyUnknown flag.`];
  return store.isAvailable('bootenvs', name) ? [] : [`BootEnv ${name} is not available`];
}

/** Parses an entry of a task list: the name of a task, or a word and its argument (`stage:NAME`, `action:...`). */
export function taskEntry(entry: string): [word: string, name: string] {
  const [word = '', name] = splitOnce(entry);
  return name === undefined ? ['task', entry] : [word, name];
}

function splitOnce(text: string): [string, string?] {
  const at = text.indexOf(':');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
