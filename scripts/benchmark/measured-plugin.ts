/** A plugin with empty handlers, to measure the overhead. */

import { action, definePlugin, run } from '../../lib/plugin/index.ts';
import { quantile } from '../measuring/statistics.ts';

/** How many lines are logged before queued ones can be sent. */
const BUNCH = 64;

/** Microseconds from sending an event to its handler. */
let delays: number[] = [];
let waiting: { count: number; resolve: () => void } | undefined;

run(
  definePlugin({
    name: 'measured',
    summary: 'Measures what comes to it',
    events: ['bench.*.*'],
    onEvent: ({ event }) => {
      // The clock is shared by all processes of the machine.
      const { sent } = event.Object as { sent: string };
      delays.push(Number(process.hrtime.bigint() - BigInt(sent)) / 1000);
      if (waiting !== undefined && delays.length >= waiting.count) waiting.resolve();
    },
    actions: {
      forget: action({
        model: 'system',
        run: () => {
          delays = [];
        },
      }),
      handled: action({
        model: 'system',
        requiredParams: ['bench/count'],
        run: async ({ params }) => {
          const count = Number(params['bench/count']);
          const { promise, resolve } = Promise.withResolvers<void>();
          waiting = { count, resolve };
          if (delays.length < count) await promise;
          return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
        },
      }),
      chatter: action({
        model: 'system',
        requiredParams: ['bench/count'],
        run: async ({ params, log }) => {
          for (let line = 0; line < Number(params['bench/count']); line += 1) {
            log.info(`Line ${line} of many, about as long as lines of a log are`);
            if (line % BUNCH === 0) await new Promise((resolve) => setImmediate(resolve));
          }
        },
      }),
    },
  }),
);
