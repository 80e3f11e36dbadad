import type { RawModel } from '../../../models/index.ts';
import { PLUGIN_FIELDS } from './params.ts';
import { COMMON, ENDPOINT_NAME, invalid, NAME, type Part, type Prefix, VALIDATION } from './prefix.ts';

const ELEMENTS: Part = {
  holds: 'list',
  shape: { fields: { Type: '', Version: '', Name: '', ActualVersion: '' } },
};

const PLUGINS: Part = { holds: 'list', shape: { fields: PLUGIN_FIELDS } };

const TRANSITION: Part = {
  holds: 'one',
  shape: {
    fields: { Workflow: '', AddProfiles: [], AddParameters: {}, RemoveProfiles: [], RemoveParameters: [] },
    omitEmpty: ['Workflow', 'AddProfiles', 'AddParameters', 'RemoveProfiles', 'RemoveParameters'],
  },
};

const TRANSITIONS = ['EnterActions', 'ExitActions', 'AllocateActions', 'ReleaseActions'];

const AUTO_FILL_FIELDS = {
  UseAutoFill: false,
  MinFree: 0,
  MaxFree: 0,
  CreateParameters: {},
  AcquirePool: '',
  ReturnPool: '',
};

const ENDPOINT_FIELDS = {
  Description: '',
  Documentation: '',
  Params: {},
  ConnectionStatus: '',
  VersionSet: '',
  VersionSets: [],
  Apply: false,
  HaId: '',
  Arch: '',
  Os: '',
  DRPVersion: '',
  DRPUXVersion: '',
  Components: [],
  Plugins: [],
  Prefs: {},
  Global: {},
  Actions: [],
};

/** Object types for groups of machines and endpoints. They are stored and validated but have no effect. */
export const FLEET_PREFIXES: Readonly<Record<string, Prefix>> = {
  pools: {
    key: 'Id',
    name: { pattern: NAME, refusal: 'Invalid Id' },
    fields: {
      ...COMMON,
      Id: '',
      Description: '',
      Documentation: '',
      ParentPool: '',
      EnterActions: null,
      ExitActions: null,
      AllocateActions: null,
      ReleaseActions: null,
      AutoFill: null,
    },
    parts: {
      ...Object.fromEntries(TRANSITIONS.map((field) => [field, TRANSITION])),
      AutoFill: {
        holds: 'one',
        shape: { fields: AUTO_FILL_FIELDS, omitEmpty: Object.keys(AUTO_FILL_FIELDS) },
      },
    },
    omitEmpty: ['Description', 'Documentation', 'ParentPool', ...TRANSITIONS, 'AutoFill'],
    check: checkPool,
  },
  contexts: {
    key: 'Name',
    fields: { ...COMMON, Name: '', Image: '', Engine: '', Description: '', Documentation: '' },
  },
  endpoints: {
    key: 'Id',
    name: { pattern: ENDPOINT_NAME, refusal: 'Invalid Id' },
    fields: { ...COMMON, Id: '', ...ENDPOINT_FIELDS },
    parts: {
      Components: ELEMENTS,
      Plugins: PLUGINS,
      Actions: {
        holds: 'list',
        shape: {
          fields: { Type: '', Version: '', Name: '', ActualVersion: '', Action: '', Value: null },
        },
      },
    },
    omitEmpty: Object.keys(ENDPOINT_FIELDS),
  },
  version_sets: {
    key: 'Id',
    fields: {
      ...COMMON,
      Id: '',
      Documentation: '',
      Description: '',
      Apply: false,
      DRPVersion: '',
      DRPUXVersion: '',
      Components: [],
      Plugins: [],
      Prefs: {},
      Files: [],
      Global: {},
    },
    parts: {
      Components: ELEMENTS,
      Plugins: PLUGINS,
      Files: { holds: 'list', shape: { fields: { Path: '', Sha256Sum: '', Source: '', Explode: false } } },
    },
  },
  catalog_items: {
    key: 'Id',
    fields: {
      ...VALIDATION,
      ReadOnly: false,
      Meta: {},
      Endpoint: '',
      Id: '',
      Type: 'catalog_items',
      Name: '',
      ActualVersion: '',
      Version: '',
      ContentType: '',
      Source: '',
      Shasum256: {},
      NOJQSource: '',
      Tip: false,
      HotFix: false,
    },
    prepare(item) {
      item.Type = 'catalog_items';
    },
  },
};

function checkPool(pool: RawModel): string[] {
  const problems = pool.ParentPool ? invalid('Invalid ParentPool', pool.ParentPool, NAME) : [];
  for (const field of TRANSITIONS) {
    const { Workflow, AddProfiles = [], RemoveProfiles = [] } = (pool[field] ?? {}) as RawModel;
    if (Workflow) problems.push(...invalid(`Invalid ${field} Workflow`, Workflow, NAME));
    problems.push(
      ...invalid(`Invalid ${field} Add Profile`, AddProfiles, NAME),
      ...invalid(`Invalid ${field} Remove Profile`, RemoveProfiles, NAME),
    );
  }
  return problems;
}
