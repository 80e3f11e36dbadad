/** What a token may be used for (`models.Claim`). Each field is `*` or a comma list. */
export interface Claim {
  /** Kinds of things: `machines`, `info`. */
  scope: string;
  /** What is done to them: `get`; `action:poweron` is one action. */
  action: string;
  /** Keys of objects. */
  specific: string;
}

/** What one request does. */
export interface ClaimedAction {
  scope: string;
  action: string;
  /** The object's key; `''` when it is about none. */
  key: string;
  /** Another key that claims may name: the object's own where `key` is a name, a job's machine. */
  owner?: string | undefined;
}

const BASIC = ['list', 'get', 'create', 'delete', 'actions', 'update', 'action'];
const SECURE = ['getSecure', 'updateSecure'];

/** Actions that a kind of object has besides the basic ones. */
const ADDED: Readonly<Record<string, readonly string[]>> = {
  users: ['token', 'password'],
  jobs: ['log'],
  machines: [...SECURE, 'updateTaskList', 'token', 'whoami'],
  plugins: SECURE,
  profiles: SECURE,
  stages: SECURE,
};

/** Scopes that are not kinds of objects, and those with other actions. */
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

/** What the token of a machine is good for (backend/renderData.go of dr-provision). */
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

/** What a machine that the endpoint does not know yet may do. */
export const UNKNOWN_MACHINE_CLAIMS: readonly Claim[] = [
  { scope: 'machines', action: 'create,get,whoami', specific: '*' },
  { scope: 'info', action: 'get', specific: '*' },
];

/** What a token for one profile is good for. */
export function profileClaims(profile: string): Claim[] {
  return [
    { scope: 'profiles', action: 'get,getSecure,update,updateSecure', specific: profile },
    { scope: 'params', action: 'get', specific: '*' },
  ];
}

/** All scopes with their actions, as `GET /info` has them; `prefixes` are the kinds of objects there are. */
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

/** What of a claim there is not, in dr-provision's words. */
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

/** Whether one of the claims covers what a request does. */
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
