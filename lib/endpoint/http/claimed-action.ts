import type { ClaimedAction } from '../state/claims.ts';

const ACTIONS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

/** Routes below an object whose action has their name. */
const OWN_ACTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['jobs', ['log']],
  ['machines', ['token']],
  ['users', ['token', 'password']],
]);

/** The action of a request in terms of claims. `path` is the part after `/api/v3`, in segments. */
export function claimedAction(method: string, path: readonly string[]): ClaimedAction {
  const [scope = '', key = '', ...rest] = path;
  const reads = isRead(method);
  if (scope === 'files' || scope === 'isos')
    return { scope, action: fileAction(method, key), key: [key, ...rest].join('/') };
  if (scope === 'whoami') return { scope: 'machines', action: 'whoami', key: '' };
  if (scope === 'info') return { scope, action: 'get', key: '' };
  if (scope === 'events') return { scope, action: 'post', key: '' };
  if (scope === 'prefs') return { scope: 'preferences', action: reads ? 'list' : 'post', key: '' };
  if (scope === 'meta') return { scope: key, action: reads ? 'get' : 'update', key: rest.join('/') };
  if (scope === 'system' && key === 'actions') return { scope, action: actionWord(method, rest[0]), key: '' };
  // The name of a param may look like any route below an object.
  if (scope === 'params') return basic(method, scope, [key, ...rest].join('/'));
  return { scope, action: objectAction(method, scope, key, rest), key };
}

/** The action of a request for an object, or for `rest` below it. */
function objectAction(
  method: string,
  scope: string,
  key: string,
  [word = '', command]: readonly string[],
): string {
  if (word === 'actions' || (scope === 'jobs' && word === 'plugin_actions'))
    return actionWord(method, command);
  if (word === 'params') return isRead(method) ? 'get' : 'update';
  if (OWN_ACTIONS.get(scope)?.includes(word)) return word;
  return basicAction(method, key);
}

function fileAction(method: string, key: string): string {
  if (isRead(method)) return key === '' ? 'list' : 'get';
  return method === 'POST' ? 'post' : 'delete';
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The actions of a request for `/ui/api`. Traffic also contains the log and the events of a plugin. */
export function inspectorActions(method: string, [, key = '', word]: readonly string[]): ClaimedAction[] {
  const scope = 'plugins';
  if (word === 'traffic') return [...inspectorActions(method, ['', key]), eventAction('register')];
  if (isRead(method)) return [basic(method, scope, key)];
  const update = { scope, action: 'update', key };
  return word === 'publish' ? [update, eventAction('post')] : [update];
}

function eventAction(action: string): ClaimedAction {
  return { scope: 'events', action, key: '' };
}

function basic(method: string, scope: string, key: string): ClaimedAction {
  return { scope, action: basicAction(method, key), key };
}

function basicAction(method: string, key: string): string {
  return ACTIONS[method] ?? (key === '' ? 'list' : 'get');
}

function actionWord(method: string, command: string | undefined): string {
  return method === 'POST' ? `action:${command ?? ''}` : 'actions';
}
