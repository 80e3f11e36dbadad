import { contentYamlString, type Params } from '../../content/callback.generated.ts';
import { OBJECT_PREFIXES } from '../../lib/models/index.ts';
import { action, definePlugin, type ModelName } from '../../lib/plugin/index.ts';
import { PROVIDER } from './failure.ts';
import type { Callbacks } from './service.ts';

let loaded: Promise<Callbacks> | undefined;

/** Machines first, since most callbacks are about them. */
const MODELS = [...new Set<ModelName>(['machines', ...OBJECT_PREFIXES, 'system'])];

/** Sends HTTP callbacks about events of the endpoint. */
export default definePlugin<Params>({
  name: PROVIDER,
  summary: 'Tells services outside what happens at the endpoint, by HTTP',
  content: contentYamlString,
  autoStart: true,
  requiredParams: ['callback/callbacks'],
  optionalParams: ['callback/auths', 'callback/proxy', 'callback/secrets'],
  config: async (context) => (await callbacks()).configure(context),
  events: async () => (await callbacks()).selectors(),
  onEvent: async (context) => (await callbacks()).tell(context),
  stop: async () => (await loaded)?.stop(),
  actions: {
    callbackDo: MODELS.map((model) =>
      action({
        model,
        requiredParams: ['callback/action'],
        optionalParams: ['callback/data-override'],
        run: async (context) => (await callbacks()).act(context),
      }),
    ),
    send: MODELS.map((model) =>
      action({
        model,
        optionalParams: ['callback/action', 'callback/data-override', 'callback/url'],
        run: async (context) => (await callbacks()).act(context),
      }),
    ),
  },
});

/** Loaded at first use: it includes the template engine, which takes as long to load as Node.js takes to start. */
function callbacks(): Promise<Callbacks> {
  loaded ??= import('./service.ts').then(({ Callbacks }) => new Callbacks());
  return loaded;
}
