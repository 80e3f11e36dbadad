import { isObject, ModelError } from '../../../models/index.ts';
import type { Subject } from '../../host/actions.ts';
import { type Exchange, keyOf, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';

/** The actions of objects and of the system. */
export function actionRoutes({ objects, actions }: Parts): Route[] {
  const ofObject = (exchange: Exchange): Subject => {
    const { prefix = '' } = exchange.captures;
    if (objects.kind(prefix) === undefined) {
      throw new ModelError(404, 'No route', { type: exchange.method, key: exchange.url });
    }
    return { commandSet: prefix, found: objects.get(prefix, keyOf(exchange), requesterOf(exchange)) };
  };
  const ofJob = (exchange: Exchange): Subject => ({
    commandSet: 'jobs',
    found: objects.get('jobs', keyOf(exchange), requesterOf(exchange)),
  });
  const ofSystem = (exchange: Exchange): Subject => ({
    commandSet: 'system',
    found: objects.get('profiles', 'global', requesterOf(exchange)),
  });
  return [
    { path: 'system/actions', subject: ofSystem },
    // `jobs/KEY/actions` has another meaning: the steps of the job.
    { path: 'jobs/:key/plugin_actions', subject: ofJob },
    { path: ':prefix/:key/actions', subject: ofObject },
  ].flatMap(({ path, subject }): Route[] => [
    {
      method: 'GET',
      path,
      handle: (exchange) => ({ json: actions.list(subject(exchange), exchange.query.get('plugin')) }),
    },
    {
      method: 'GET',
      path: `${path}/:command`,
      handle: (exchange) => {
        const { command = '' } = exchange.captures;
        return { json: actions.show(subject(exchange), command, exchange.query.get('plugin')) };
      },
    },
    {
      method: 'POST',
      path: `${path}/:command`,
      async handle(exchange) {
        const { command = '' } = exchange.captures;
        const given = (await readJson(exchange)) ?? {};
        if (!isObject(given))
          throw new ModelError(400, 'expected an object of params', { type: 'POST', key: command });
        const plugin = exchange.query.get('plugin');
        return { json: (await actions.run(subject(exchange), command, plugin, given, exchange)) ?? null };
      },
    },
  ]);
}
