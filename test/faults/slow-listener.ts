import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePlugin, run } from '../../lib/plugin/index.ts';

/** A provider whose plugin is sent events, and holds those of the action `hold` until a file `go` is in its folder. */
run(
  definePlugin({
    name: 'slow-listener',
    summary: 'Takes its time over events',
    autoStart: true,
    hasPublish: true,
    onEvent: async ({ event, log, signal }) => {
      if (event.Type !== 'fault') return;
      log.noRepublish().info(`took ${event.Action} ${event.Key}`);
      while (event.Action === 'hold' && !existsSync(join(process.cwd(), 'go'))) {
        await delay(10, undefined, { signal });
      }
    },
  }),
);
