import { definePlugin } from 'drp-plugins/plugin';
import { contentYamlString } from '../../content/NAME.generated.ts';

const LIMIT_MS = 10_000;

/** The service, by the last config. */
let service = { url: '', headers: {} };

export default definePlugin({
  name: 'NAME',
  summary: 'Tells a service when machines come and go',
  content: contentYamlString,
  // The endpoint makes a plugin of this name by itself. It starts once its required params are set.
  autoStart: true,
  requiredParams: ['NAME/url'],
  optionalParams: ['NAME/token'],
  config({ params }) {
    const token = params['NAME/token'];
    service = {
      url: params['NAME/url'],
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    };
  },
  events: ['machines.create.*', 'machines.delete.*'],
  // What this throws is in the endpoint's log.
  async onEvent({ event, log, signal }) {
    const { url, headers } = service;
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ what: event.Action, machine: event.Key }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
    log.info(`${url} was told of ${event.Action} of ${event.Key}`);
  },
});
