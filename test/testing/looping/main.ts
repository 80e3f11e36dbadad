import { action, definePlugin, run } from '../../../lib/plugin/index.ts';

const rounds: string[] = [];

/** A provider with two loops, one of which fails in its third round. */
run(
  definePlugin({
    name: 'looping',
    summary: 'Does something every hour, and something else every twenty minutes',
    config({ background }) {
      let start = 0;
      const loop = (name: string, minutes: number, most: number) =>
        background(async (_signal, clock) => {
          start ||= clock.now();
          for (let round = 1; ; round += 1) {
            rounds.push(`${name} ${Math.floor((clock.now() - start) / 60_000)}`);
            if (round === most) throw new TypeError('enough');
            await clock.sleep(minutes * 60_000);
          }
        });
      loop('slow', 60, 3);
      loop('quick', 20, Number.POSITIVE_INFINITY);
    },
    actions: { rounds: action({ model: 'system', run: () => rounds }) },
  }),
);
