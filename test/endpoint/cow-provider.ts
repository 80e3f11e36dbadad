import { ModelError } from '../../lib/models/index.ts';
import { action, definePlugin, type ModelName, run } from '../../lib/plugin/index.ts';

interface Params {
  'cow/name': string;
  'cow/count': number;
  'cow/secret': string;
  'cow/key': string;
}

/** A provider that uses what an endpoint offers: content, own objects, params of all kinds, events, own routes. */
run(
  definePlugin<Params>({
    name: 'cow',
    summary: 'A herd',
    autoStart: true,
    hasPublish: true,
    optionalParams: ['cow/key'],
    storeObjects: {
      cows: {},
      herds: { Size: { type: 'integer', isrequired: true }, Place: { type: 'string' } },
    },
    content: `
meta: { Name: herd, Description: Cows, Color: brown }
sections:
  params:
    cow/name: { Name: cow/name, Schema: { type: string } }
    cow/count: { Name: cow/count, Schema: { type: integer, minimum: 0, default: 7 } }
    cow/secret: { Name: cow/secret, Secure: true, Schema: { type: string } }
    cow/key: { Name: cow/key, Secure: true, Schema: { type: string } }
  profiles:
    herd-profile: { Name: herd-profile, Params: { cow/name: Berta } }
  herds:
    first: { Id: first, Size: 3, Place: Dallas }
`,
    config: ({ params, log }) => {
      log.info(`configured with ${Object.keys(params).sort().join(' ')}`);
      if (params['cow/key'] === 'refused')
        throw new ModelError(409, 'this key is refused', { type: 'plugin' });
      if (params['cow/key'] === 'forbidden') throw new ModelError(403, 'no licence', { type: 'plugin' });
    },
    onEvent: ({ event, log }) => {
      if (event.Type === 'machines') log.info(`saw ${event.Type}.${event.Action} of ${event.Principal}`);
    },
    actions: {
      milk: action({
        model: 'machines',
        requiredParams: ['cow/name', 'cow/secret'],
        optionalParams: ['cow/count'],
        run: ({ params, model, prefix }) => ({ params, name: model.Name, prefix }),
      }),
      whoami: action({ model: 'plugins', run: ({ plugin }) => plugin }),
      // What is meant are cows.
      brand: action({ model: 'cow' as ModelName, run: () => null }),
      moo: action({ model: 'system', run: ({ model }) => model.Name }),
      die: action({ model: 'system', run: () => process.exit(9) }),
      fail: action({
        model: 'system',
        run: () => {
          throw new ModelError(418, 'no coffee', { model: 'plugin', key: 'cow', type: 'plugin' });
        },
      }),
      shout: action({
        model: 'system',
        run: ({ publish }) => publish({ Type: 'cows', Action: 'shout', Key: 'loud', Object: { a: 1 } }),
      }),
    },
    routes: ({ method, path, body }) => ({ body: { method, path, body: body.toString() } }),
  }),
);
