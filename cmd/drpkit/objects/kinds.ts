/** An object type, and which commands it has besides those of all types. */
export interface Kind {
  /** Prefix at the endpoint; for EXTENDED see `prefixOf`. */
  prefix: string;
  /** Name of a single object. */
  single: string;
  /** Description for the help. */
  about: string;
  /** The field that `create` sets from a plain name. */
  named?: 'Name' | 'Id';
  /** False: created by another command. */
  create?: false;
  change?: false;
  destroy?: false;
  /** False: has no Meta. */
  meta?: false;
  params?: true;
  profiles?: true;
  tasks?: true;
  /** True: has one BootEnv. */
  bootEnv?: true;
  actions?: true;
}

/** The object types of an endpoint. Their commands are taken from the Go packages `models` and `cli`. */
export const KINDS: readonly Kind[] = [
  { prefix: 'bootenvs', single: 'bootenv', about: 'What machines boot', named: 'Name', actions: true },
  { prefix: 'catalog_items', single: 'catalog_item', about: 'What a catalog offers', meta: false },
  { prefix: 'contexts', single: 'context', about: 'Where tasks run that do not run on their machine' },
  {
    prefix: 'endpoints',
    single: 'endpoint',
    about: 'Endpoints that this one manages',
    named: 'Id',
    params: true,
    actions: true,
  },
  {
    prefix: 'interfaces',
    single: 'interface',
    about: 'Network interfaces of the endpoint',
    create: false,
    change: false,
    destroy: false,
    meta: false,
  },
  {
    prefix: 'jobs',
    single: 'job',
    about: 'Runs of tasks on machines, and their logs',
    create: false,
    actions: true,
  },
  {
    prefix: 'leases',
    single: 'lease',
    about: 'Addresses that were given out',
    create: false,
    change: false,
    actions: true,
  },
  {
    prefix: 'machines',
    single: 'machine',
    about: 'Machines: what they are, and what is to become of them',
    named: 'Name',
    params: true,
    profiles: true,
    tasks: true,
    bootEnv: true,
    actions: true,
  },
  { prefix: 'params', single: 'param', about: 'What params there are, and their schemas', named: 'Name' },
  {
    prefix: 'plugin_providers',
    single: 'plugin_provider',
    about: 'Executables that plugins run',
    create: false,
    change: false,
  },
  {
    prefix: 'plugins',
    single: 'plugin',
    about: 'Plugins: providers with their params',
    named: 'Name',
    params: true,
    actions: true,
  },
  {
    prefix: 'pools',
    single: 'pool',
    about: 'Pools that machines are taken from',
    named: 'Id',
    meta: false,
    actions: true,
  },
  {
    prefix: 'profiles',
    single: 'profile',
    about: 'Sets of params that machines share',
    named: 'Name',
    params: true,
    profiles: true,
    actions: true,
  },
  { prefix: 'reservations', single: 'reservation', about: 'Addresses that are kept for one', actions: true },
  { prefix: 'roles', single: 'role', about: 'What users may do' },
  {
    prefix: 'stages',
    single: 'stage',
    about: 'Steps of workflows, each with its tasks',
    named: 'Name',
    params: true,
    profiles: true,
    tasks: true,
    bootEnv: true,
    actions: true,
  },
  { prefix: 'subnets', single: 'subnet', about: 'Networks to give addresses out in', actions: true },
  { prefix: 'tasks', single: 'task', about: 'What can be done on a machine', named: 'Name', actions: true },
  { prefix: 'templates', single: 'template', about: 'Texts that are filled in for a machine', actions: true },
  { prefix: 'tenants', single: 'tenant', about: 'What parts of the endpoint users see' },
  {
    prefix: 'users',
    single: 'user',
    about: 'Users, their passwords and tokens',
    named: 'Name',
    actions: true,
  },
  {
    prefix: 'version_sets',
    single: 'version_set',
    about: 'Versions that managed endpoints should have',
    named: 'Id',
    meta: false,
    actions: true,
  },
  { prefix: 'workflows', single: 'workflow', about: 'Stages, one after the other', actions: true },
];

/** Objects of a provider's type, given by the flag `ldata`. */
export const EXTENDED: Kind = {
  prefix: 'extended',
  single: 'extended',
  about: 'Objects of a type that a provider brought along; -l names the type',
  params: true,
  actions: true,
};
