/** A type of objects, and which commands there are for it besides those that all types have. */
export interface Kind {
  /** How the endpoint calls the type; what it calls those of EXTENDED, `prefixOf` tells. */
  prefix: string;
  /** What one of them is called. */
  single: string;
  /** Has a Name that `create` can be given in place of an object. */
  named?: boolean;
  /** Comes and goes in a way of its own, and cannot be created or changed. */
  fixed?: boolean;
  params?: boolean;
  profiles?: boolean;
  actions?: boolean;
}

/** The types that an endpoint has by itself. What each can do is from the Go package `models`. */
export const KINDS: readonly Kind[] = [
  { prefix: 'bootenvs', single: 'bootenv', named: true, actions: true },
  { prefix: 'machines', single: 'machine', named: true, actions: true, params: true, profiles: true },
  { prefix: 'params', single: 'param', named: true },
  { prefix: 'plugin_providers', single: 'plugin_provider', fixed: true },
  { prefix: 'plugins', single: 'plugin', named: true, actions: true, params: true },
  { prefix: 'profiles', single: 'profile', named: true, actions: true, params: true, profiles: true },
  { prefix: 'stages', single: 'stage', named: true, actions: true, params: true, profiles: true },
  { prefix: 'tasks', single: 'task', named: true, actions: true },
  { prefix: 'templates', single: 'template', actions: true },
  { prefix: 'users', single: 'user', named: true, actions: true },
  { prefix: 'workflows', single: 'workflow', actions: true },
];

/** Objects of a provider's own type, which the flag `ldata` names. */
export const EXTENDED: Kind = { prefix: 'extended', single: 'extended', actions: true, params: true };
