import { randomBytes, randomUUID } from 'node:crypto';
import { type RawModel, UUID } from '../../models/index.ts';

/** What the endpoint knows of one kind of object. */
export interface Prefix {
  /** The field that holds the key. */
  readonly key: string;
  /** All fields, with the value that each has when a client leaves it out. A field of another type is refused. */
  readonly fields: Readonly<RawModel>;
  /** Further fields that no two objects share; usable as `Name:foo` where a key is asked for. */
  readonly unique?: readonly string[];
  /** Types of further fields by which objects can be found, in the words of JSON Schema. */
  readonly indexed?: Readonly<Record<string, unknown>>;
  /** What a key looks like. */
  readonly name?: RegExp;
  /** Fields that name objects of another prefix. */
  readonly references?: Readonly<Record<string, string>>;
  /** An object with a dangling reference is refused (422). Otherwise it is kept, and says that it is not available. */
  readonly strict?: boolean;
  /** Fields that no answer shows. */
  readonly hidden?: readonly string[];
  /** Sets what the endpoint decides itself. `original` is the object before an update. */
  readonly prepare?: (object: RawModel, original: RawModel | undefined) => void;
  /** What is wrong with an object, if anything. */
  readonly check?: (object: RawModel) => string[];
}

// The same names as those of the Go package, written so that no name takes long to refuse.
const NAME = /^\p{L}[\p{L}\p{N} _.-]+$/u;
const MACHINE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} _.-]+$/u;
const USER_NAME = /^\p{L}[\p{L}\p{N} @_.-]+$/u;
const PARAM_NAME = /^\p{L}[\p{L}\p{N} _./-]+$/u;
const MAC = /^([0-9a-f]{2}[:-]){5,19}[0-9a-f]{2}$/i;

/** Other spellings of an architecture, by the name that the endpoint uses. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  amd64: ['x86_64'],
  386: ['486', '686', 'i386', 'i486', 'i686'],
  arm: ['armel', 'armhfp'],
  arm64: ['aarch64'],
  ppc64: ['power9'],
  ppc64le: [],
  mips: [],
  mipsle: ['mipsel'],
  mips64: [],
  mips64le: ['mips64el'],
  s390x: [],
  rpi4: [],
};

const COMMON = {
  Validated: true,
  Available: true,
  Errors: [],
  ReadOnly: false,
  Meta: {},
  Endpoint: '',
  Bundle: '',
} as const;

const TASK_FIELDS = { Templates: [], RequiredParams: [], OptionalParams: [] } as const;

/** The kinds of objects that every endpoint has. Their fields are those of the Go package `models`. */
export const PREFIXES: Readonly<Record<string, Prefix>> = {
  bootenvs: {
    key: 'Name',
    name: NAME,
    fields: {
      ...COMMON,
      Name: '',
      Description: '',
      Documentation: '',
      OS: {},
      ...TASK_FIELDS,
      Kernel: '',
      Initrds: [],
      BootParams: '',
      OnlyUnknown: false,
      Loaders: {},
    },
  },
  machines: {
    key: 'Uuid',
    name: UUID,
    unique: ['Name'],
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
      Fingerprint: { SSNHash: '', CSNHash: '', CloudInstanceID: '', SystemUUID: '', MemoryIds: [] },
      Pool: 'default',
      PoolAllocated: false,
      PoolStatus: 'Free',
      WorkflowComplete: false,
    },
    references: { Stage: 'stages', BootEnv: 'bootenvs', Profiles: 'profiles', Workflow: 'workflows' },
    strict: true,
    prepare: prepareMachine,
    check: checkMachine,
  },
  params: {
    key: 'Name',
    name: PARAM_NAME,
    fields: { ...COMMON, Name: '', Description: '', Documentation: '', Secure: false, Schema: null },
  },
  plugins: {
    key: 'Name',
    name: NAME,
    fields: {
      ...COMMON,
      Partial: false,
      Name: '',
      Description: '',
      Documentation: '',
      Params: {},
      Provider: '',
      PluginErrors: [],
    },
    check: ({ Provider }) => (NAME.test(String(Provider)) ? [] : [`Invalid Provider \`${Provider}\``]),
  },
  profiles: {
    key: 'Name',
    name: NAME,
    fields: {
      ...COMMON,
      Partial: false,
      Name: '',
      Description: '',
      Documentation: '',
      Params: {},
      Profiles: [],
    },
    references: { Profiles: 'profiles' },
  },
  stages: {
    key: 'Name',
    name: NAME,
    fields: {
      ...COMMON,
      Partial: false,
      Name: '',
      Description: '',
      Documentation: '',
      ...TASK_FIELDS,
      Params: {},
      BootEnv: '',
      Tasks: [],
      Profiles: [],
      Reboot: false,
      RunnerWait: false,
    },
    references: { BootEnv: 'bootenvs', Tasks: 'tasks', Profiles: 'profiles' },
  },
  tasks: {
    key: 'Name',
    name: NAME,
    fields: {
      ...COMMON,
      Name: '',
      Description: '',
      Documentation: '',
      ...TASK_FIELDS,
      Prerequisites: [],
    },
    references: { Prerequisites: 'tasks' },
  },
  templates: {
    key: 'ID',
    fields: { ...COMMON, ID: '', Description: '', Contents: '' },
  },
  users: {
    key: 'Name',
    name: USER_NAME,
    fields: { ...COMMON, Name: '', Description: '', PasswordHash: '', Secret: '', Roles: [] },
    hidden: ['PasswordHash', 'Secret'],
    prepare(user, original) {
      // Clients see neither of the two, so what they send of them is nothing.
      user.PasswordHash = original?.PasswordHash ?? '';
      user.Secret = original?.Secret ?? randomSecret();
    },
  },
  workflows: {
    key: 'Name',
    name: NAME,
    fields: { ...COMMON, Name: '', Description: '', Documentation: '', Stages: [] },
    references: { Stages: 'stages' },
  },
};

/** Objects of a type that a provider brought along (`StoreObjects`). */
export function rawPrefix(prefix: string): Prefix {
  return {
    key: 'Id',
    fields: { ...COMMON, Id: '', Type: prefix, Description: '', Documentation: '', Params: {} },
    prepare(object) {
      object.Type = prefix;
    },
  };
}

/** The key for an object that came without one. */
export function newKey(prefix: string): string {
  return prefix === 'machines' ? randomUUID() : '';
}

/** Sixteen characters that cannot be guessed. */
export function randomSecret(): string {
  return randomBytes(12).toString('base64url');
}

function prepareMachine(machine: RawModel, original: RawModel | undefined): void {
  machine.Uuid = String(machine.Uuid).toLowerCase();
  machine.Stage ||= 'none';
  machine.BootEnv ||= 'local';
  machine.Secret ||= original?.Secret ?? randomSecret();
  machine.Meta = { ...(machine.Meta as RawModel), 'feature-flags': 'change-stage-v2' };
  if (original === undefined) {
    machine.Runnable = true;
    machine.CurrentTask = -1;
  }
}

function checkMachine(machine: RawModel): string[] {
  const problems: string[] = [];
  if (!MACHINE_NAME.test(String(machine.Name))) problems.push(`Invalid Name \`${machine.Name}\``);
  const arch = String(machine.Arch);
  const known = Object.entries(ARCHITECTURES).find(
    ([name, others]) => name === arch || others.includes(arch.toLowerCase()),
  );
  if (known === undefined) problems.push(`Unsupported arch ${arch}`);
  else if (known[0] !== arch) problems.push(`Please use ${known[0]} for Arch instead of ${arch}`);
  for (const address of machine.HardwareAddrs as unknown[]) {
    const text = typeof address === 'string' ? address : JSON.stringify(address);
    if (!MAC.test(text)) problems.push(`Invalid Hardware Address \`${text}\``);
  }
  return problems;
}
