import { nearest } from '../models/index.ts';

/**
 * The type of a field. The endpoint decodes an object into a fixed structure: it refuses a field of another type, and
 * drops unknown fields.
 */
export type Shape =
  | 'text'
  | 'flag'
  | 'any'
  | { list: Shape }
  | { map: Shape }
  | { fields: Readonly<Record<string, Shape>> };

type Fields = Readonly<Record<string, Shape>>;

const TEXTS: Shape = { list: 'text' };
const PARAMS: Shape = { map: 'any' };

/** Fields that all object types have; the endpoint keeps its state in them. */
const COMMON: Fields = {
  Available: 'flag',
  Bundle: 'text',
  Endpoint: 'text',
  Errors: TEXTS,
  Meta: { map: 'text' },
  ReadOnly: 'flag',
  Validated: 'flag',
};
const NAMED: Fields = { ...COMMON, Description: 'text', Documentation: 'text', Name: 'text' };

const TEMPLATES: Shape = {
  list: {
    fields: { Contents: 'text', ID: 'text', Link: 'text', Meta: { map: 'text' }, Name: 'text', Path: 'text' },
  },
};
const ARCHITECTURE: Fields = {
  BootParams: 'text',
  Initrds: TEXTS,
  IsoFile: 'text',
  IsoUrl: 'text',
  Kernel: 'text',
  Loader: 'text',
  Sha256: 'text',
};
const OPERATING_SYSTEM: Fields = {
  Codename: 'text',
  Family: 'text',
  IsoFile: 'text',
  IsoSha256: 'text',
  IsoUrl: 'text',
  Name: 'text',
  SupportedArchitectures: { map: { fields: ARCHITECTURE } },
  Version: 'text',
};
const CLAIMS: Shape = { list: { fields: { action: 'text', scope: 'text', specific: 'text' } } };

/** The object types of content packs and their fields (package `models` of Digital Rebar v4). */
const FIELDS = new Map<string, Fields>([
  [
    'bootenvs',
    {
      ...NAMED,
      BootParams: 'text',
      Initrds: TEXTS,
      Kernel: 'text',
      Loaders: { map: 'text' },
      OS: { fields: OPERATING_SYSTEM },
      OnlyUnknown: 'flag',
      OptionalParams: TEXTS,
      RequiredParams: TEXTS,
      Templates: TEMPLATES,
    },
  ],
  ['params', { ...NAMED, Schema: 'any', Secure: 'flag' }],
  ['profiles', { ...NAMED, Params: PARAMS, Partial: 'flag', Profiles: TEXTS }],
  ['roles', { ...NAMED, Claims: CLAIMS }],
  [
    'stages',
    {
      ...NAMED,
      BootEnv: 'text',
      OptionalParams: TEXTS,
      Params: PARAMS,
      Partial: 'flag',
      Profiles: TEXTS,
      Reboot: 'flag',
      RequiredParams: TEXTS,
      RunnerWait: 'flag',
      Tasks: TEXTS,
      Templates: TEMPLATES,
    },
  ],
  [
    'tasks',
    {
      ...NAMED,
      ExtraClaims: CLAIMS,
      ExtraRoles: TEXTS,
      OptionalParams: TEXTS,
      Prerequisites: TEXTS,
      RequiredParams: TEXTS,
      Templates: TEMPLATES,
    },
  ],
  ['templates', { ...COMMON, Contents: 'text', Description: 'text', ID: 'text' }],
  ['workflows', { ...NAMED, Stages: TEXTS }],
]);

/** Key fields of the endpoint's other object types. A pack may contain such objects; they are copied unchanged. */
const OTHER_KEYS = new Map<string, string>([
  ['catalog_items', 'Id'],
  ['contexts', 'Name'],
  ['endpoints', 'Id'],
  ['interfaces', 'Name'],
  ['jobs', 'Uuid'],
  ['leases', 'Addr'],
  ['machines', 'Uuid'],
  ['plugin_providers', 'Name'],
  ['plugins', 'Name'],
  ['pools', 'Id'],
  ['preferences', 'Name'],
  ['reservations', 'Addr'],
  ['subnets', 'Name'],
  ['tenants', 'Name'],
  ['users', 'Name'],
  ['version_sets', 'Id'],
]);

/** The fields of an object type; undefined for a type whose objects are copied unchanged. */
export function fieldsOf(type: string): Fields | undefined {
  return FIELDS.get(type);
}

/** The endpoint's own object types that are spelled nearly like `type`. */
export function similarTypes(type: string): string[] {
  return nearest(type, [...FIELDS.keys(), ...OTHER_KEYS.keys()]);
}

/** Whether the endpoint itself has this object type. Others are types of a provider (its StoreObjects). */
export function isEndpointType(type: string): boolean {
  return FIELDS.has(type) || OTHER_KEYS.has(type);
}

/** The key field of an object type. Types of a provider have `Id`. */
export function keyField(type: string): string {
  if (type === 'templates') return 'ID';
  return FIELDS.has(type) ? 'Name' : (OTHER_KEYS.get(type) ?? 'Id');
}
