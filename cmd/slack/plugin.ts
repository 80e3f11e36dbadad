import { contentYamlString } from '../../content/slack.generated.ts';
import { OBJECT_PREFIXES } from '../../lib/models/index.ts';
import { definePlugin } from '../../lib/plugin/index.ts';
import { PROVIDER } from './failure.ts';
import type { Notifier } from './notifier.ts';

let loaded: Promise<Notifier> | undefined;

/** Posts the endpoint's events to Slack channels. */
export default definePlugin({
  name: PROVIDER,
  summary: 'Tells Slack channels what happens at the endpoint',
  content: contentYamlString,
  requiredParams: ['slack/bot-key'],
  optionalParams: [
    'slack/events',
    'slack/channels',
    'slack/format',
    'slack/burst',
    'slack/api-url',
    'slack/ux-url',
  ],
  config: async (context) => (await notifier()).configure(context),
  events: async () => (await notifier()).selectors(),
  onEvent: async (context) => (await notifier()).tell(context),
  catchUp: async () => (await notifier()).missed(),
  stop: async () => (await loaded)?.stop(),
  actions: ({ action }) => ({
    slackPost: ([...OBJECT_PREFIXES, 'system'] as const).map((model) =>
      action({
        model,
        requiredParams: ['slack/message'],
        optionalParams: ['slack/channels'],
        run: async ({ params, signal }) =>
          (await notifier()).post(params['slack/message'], params['slack/channels'] ?? [], signal),
      }),
    ),
  }),
});

/** Loaded at first use: `define` and the start do not need it. */
function notifier(): Promise<Notifier> {
  loaded ??= import('./notifier.ts').then(({ Notifier }) => new Notifier());
  return loaded;
}
