import { contentYamlString, type Params } from '../../content/callback.generated.ts';
import { OBJECT_PREFIXES } from '../../lib/models/index.ts';
import { action, definePlugin, type ModelName } from '../../lib/plugin/index.ts';
import { PROVIDER } from './failure.ts';
import { endpointSelectors } from './selection.ts';
import { Callbacks } from './service.ts';
import { settingsFrom } from './settings.ts';

const callbacks = new Callbacks();

/** Machines first, which most callbacks are about. */
const MODELS = [...new Set<ModelName>(['machines', ...OBJECT_PREFIXES, 'system'])];

/** Tells services outside what happens at the endpoint, by HTTP. */
export default definePlugin<Params>({
  name: PROVIDER,
  summary: 'Tells services outside what happens at the endpoint, by HTTP',
  content: contentYamlString,
  autoStart: true,
  requiredParams: ['callback/callbacks'],
  optionalParams: ['callback/auths', 'callback/proxy', 'callback/secrets'],
  config: (context) => callbacks.configure(context),
  events: (params) => endpointSelectors(settingsFrom(params).callbacks),
  onEvent: (context) => callbacks.tell(context),
  stop: () => callbacks.stop(),
  actions: {
    callbackDo: MODELS.map((model) =>
      action({
        model,
        requiredParams: ['callback/action'],
        optionalParams: ['callback/data-override'],
        run: (context) => callbacks.act(context),
      }),
    ),
    send: MODELS.map((model) =>
      action({
        model,
        optionalParams: ['callback/action', 'callback/data-override', 'callback/url'],
        run: (context) => callbacks.act(context),
      }),
    ),
  },
});
