import { contentYamlString } from '../../content/slack.generated.ts';
import { OBJECT_PREFIXES } from '../../lib/models/index.ts';
import { definePlugin } from '../../lib/plugin/index.ts';
import { Notifier, PROVIDER } from './notifier.ts';
import { endpointSelectors } from './selection.ts';
import { settingsFrom } from './settings.ts';

const notifier = new Notifier();

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
  config: (context) => notifier.configure(context),
  events: (params) => endpointSelectors(settingsFrom(params).events),
  onEvent: (context) => notifier.tell(context),
  catchUp: () => notifier.missed(),
  stop: () => notifier.stop(),
  actions: ({ action }) => ({
    slackPost: ([...OBJECT_PREFIXES, 'system'] as const).map((model) =>
      action({
        model,
        requiredParams: ['slack/message'],
        optionalParams: ['slack/channels'],
        run: ({ params, signal }) =>
          notifier.post(params['slack/message'], params['slack/channels'] ?? [], signal),
      }),
    ),
  }),
});
