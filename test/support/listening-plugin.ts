import { definePlugin, run } from '../../lib/plugin/index.ts';

/** A provider that logs the events that its plugin's params select. */
run(
  definePlugin({
    name: 'listening',
    summary: 'Logs events',
    events: (params) => [params.select].flat().map(String),
    onEvent: ({ event, log }) => {
      log.info(`event ${event.Type}.${event.Action}.${event.Key}`);
      if (event.Action === 'fail') throw new Error('no');
    },
    catchUp: ({ plugin, log }) => log.info(`catching up ${plugin}`),
  }),
);
