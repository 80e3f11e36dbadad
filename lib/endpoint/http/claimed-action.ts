import type { ClaimedAction } from '../state/claims.ts';

const ACTIONS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

/** The action of a request in terms of claims. `path` is the part after `/api/v3`, in segments. */
export function claimedAction(method: string, path: readonly string[]): ClaimedAction {
  const [scope = '', key = '', ...rest] = path;
  const reads = method === 'GET' || method === 'HEAD';
  if (scope === 'files' || scope === 'isos') {
    const action = reads ? (key === '' ? 'list' : 'get') : method === 'POST' ? 'post' : 'delete';
    return { scope, action, key: [key, ...rest].join('/') };
  }
  if (scope === 'whoami') return { scope: 'machines', action: 'whoami', key: '' };
  if (scope === 'info') return { scope, action: 'get', key: '' };
  if (scope === 'events') return { scope, action: 'post', key: '' };
  if (scope === 'prefs') return { scope: 'preferences', action: reads ? 'list' : 'post', key: '' };
  if (scope === 'meta') return { scope: key, action: reads ? 'get' : 'update', key: rest.join('/') };
  if (scope === 'system' && key === 'actions') return { scope, action: actionWord(method, rest[0]), key: '' };
  // The name of a param may look like any of the routes below.
  if (scope === 'params') return basic(method, scope, [key, ...rest].join('/'));
  if (rest[0] === 'actions' || (scope === 'jobs' && rest[0] === 'plugin_actions'))
    return { scope, action: actionWord(method, rest[1]), key };
  if (rest[0] === 'params') return { scope, action: reads ? 'get' : 'update', key };
  if (scope === 'jobs' && rest[0] === 'log') return { scope, action: 'log', key };
  if (scope === 'machines' && rest[0] === 'token') return { scope, action: 'token', key };
  if (scope === 'users' && (rest[0] === 'token' || rest[0] === 'password'))
    return { scope, action: rest[0], key };
  return basic(method, scope, key);
}

/** The actions of a request for `/ui/api`. Traffic also contains the log and the events of a plugin. */
export function inspectorActions(method: string, [, key = '', word]: readonly string[]): ClaimedAction[] {
  const scope = 'plugins';
  if (word === 'traffic') return [...inspectorActions(method, ['', key]), eventAction('register')];
  if (method === 'GET' || method === 'HEAD') return [basic(method, scope, key)];
  const update = { scope, action: 'update', key };
  return word === 'publish' ? [update, eventAction('post')] : [update];
}

function eventAction(action: string): ClaimedAction {
  return { scope: 'events', action, key: '' };
}

function basic(method: string, scope: string, key: string): ClaimedAction {
  return { scope, action: ACTIONS[method] ?? (key === '' ? 'list' : 'get'), key };
}

function actionWord(method: string, command: string | undefined): string {
  return method === 'POST' ? `action:${command ?? ''}` : 'actions';
}
