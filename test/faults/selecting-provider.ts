import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePlugin, run } from '../../lib/plugin/index.ts';

/** A provider that listens to the event stream, and holds the event `hold` until a file `go` is in its folder. */
run(
  definePlugin({
    name: 'selecting',
    summary: 'Listens, at its own pace',
    events: ['machines.*.*'],
    onEvent: async ({ event, log, signal }) => {
      if (event.Key === 'hold') {
        log.info('holds');
        while (!existsSync(join(process.cwd(), 'go'))) await delay(10, undefined, { signal });
      }
      if (!event.Key.startsWith('many')) log.info(`took ${event.Key}`);
    },
    catchUp: ({ log }) => log.info('looks for what it missed'),
  }),
);
