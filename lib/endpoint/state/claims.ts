/** A right of a token (`models.Claim`). Each field is `*` or a comma-separated list. */
export interface Claim {
  /** Prefixes and other scopes: `machines`, `info`. */
  scope: string;
  /** Actions: `get`; `action:poweron` is a single plugin action. */
  action: string;
  /** Keys of objects. */
  specific: string;
}

/** The action of a request. */
export interface ClaimedAction {
  scope: string;
  action: string;
  /** The object's key; `''` for none. */
  key: string;
  /** Another key that claims may name: the actual key when `key` is a name, or the machine of a job. */
  owner?: string | undefined;
}

const BASIC = ['list', 'get', 'create', 'delete', 'actions', 'update', 'action'];
const SECURE = ['getSecure', 'updateSecure'];

/** Actions of a prefix besides the basic ones. */
const ADDED: Readonly<Record<string, readonly string[]>> = {
  users: ['token', 'password'],
  jobs: ['log'],
  machines: [...SECURE, 'updateTaskList', 'token', 'whoami'],
  plugins: SECURE,
  profiles: SECURE,
  stages: SECURE,
};

/** Scopes that are not prefixes, and prefixes with other actions. */
const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  contents: ['list', 'get', 'create', 'update', 'delete'],
  events: ['post', 'register'],
  files: ['list', 'get', 'post', 'delete'],
  info: ['get'],
  interfaces: BASIC,
  isos: ['list', 'get', 'post', 'delete'],
  objects: ['list'],
  plugin_providers: BASIC,
  preferences: ['list', 'post'],
  system: ['upgrade', 'replicate', 'active', 'passive', 'action', 'actions'],
};

/** The claims of a machine's token (backend/renderData.go of dr-provision). */
export function machineClaims(uuid: string): Claim[] {
  const own = [
    { scope: 'machines', action: 'get,actions,update,action,getSecure,updateSecure', specific: uuid },
    { scope: 'jobs', action: 'create,get,update,actions,log', specific: uuid },
  ];
  const reads = ['params', 'stages', 'tasks', 'bootenvs', 'isos', 'files', 'info'].map((scope) => ({
    scope,
    action: 'get',
    specific: '*',
  }));
  return [
    ...own,
    ...reads,
    { scope: 'events', action: 'post', specific: '*' },
    { scope: 'reservations', action: 'get,create', specific: '*' },
  ];
}

/** The claims of a machine that is not known yet. */
export const UNKNOWN_MACHINE_CLAIMS: readonly Claim[] = [
  { scope: 'machines', action: 'create,get,whoami', specific: '*' },
  { scope: 'info', action: 'get', specific: '*' },
];

/** The claims of a token for one profile. */
export function profileClaims(profile: string): Claim[] {
  return [
    { scope: 'profiles', action: 'get,getSecure,update,updateSecure', specific: profile },
    { scope: 'params', action: 'get', specific: '*' },
  ];
}

/** All scopes with their actions, as in `GET /info`. `prefixes` are the existing object types. */
export function scopes(prefixes: readonly string[]): Record<string, Record<string, object>> {
  const entries = new Map<string, readonly string[]>(
    prefixes.map((prefix) => [
      prefix,
      [...BASIC, ...(Object.hasOwn(ADDED, prefix) ? (ADDED[prefix] ?? []) : [])],
    ]),
  );
  for (const [scope, actions] of Object.entries(SPECIAL)) entries.set(scope, actions);
  const shown = [...entries].map(
    ([scope, actions]) => [scope, Object.fromEntries(actions.map((action) => [action, {}]))] as const,
  );
  return Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The unknown scopes and actions of a claim, in dr-provision's words. */
export function claimProblems(claim: Claim, prefixes: readonly string[]): string[] {
  const all = scopes(prefixes);
  const named = claim.scope === '*' ? [] : items(claim.scope);
  const unknown = named.filter((scope) => !Object.hasOwn(all, scope));
  if (unknown.length > 0) return unknown.map((scope) => `No such scope '${scope}'`);
  if (claim.action === '*') return [];
  const known = new Set(
    (named.length > 0 ? named : Object.keys(all)).flatMap((scope) => Object.keys(all[scope] ?? {})),
  );
  return items(claim.action)
    .filter((action) => !known.has(action.split(':', 1)[0] ?? ''))
    .map((action) => `No such action '${action}'`);
}

/** Whether one of the claims covers an action. */
export function allows(claims: readonly Claim[], { scope, action, key, owner }: ClaimedAction): boolean {
  return claims.some(
    (claim) =>
      covers(claim.scope, scope) &&
      (covers(claim.action, action) || covers(claim.action, action.split(':', 1)[0] ?? '')) &&
      (key === '' || covers(claim.specific, key) || (owner !== undefined && covers(claim.specific, owner))),
  );
}

function covers(list: string, item: string): boolean {
  return list === '*' || items(list).includes(item);
}

function items(list: string): string[] {
  return list.split(',').map((item) => item.trim());
}
