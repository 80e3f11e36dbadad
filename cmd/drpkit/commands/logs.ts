import type { Group } from '../command.ts';
import { watch } from './watch.ts';

export const logs: Group = {
  commands: [
    {
      use: 'get',
      summary: 'Show the newest lines of the log',
      async run(context) {
        await context.show(await (await context.endpoint()).logs());
      },
    },
    {
      use: 'watch',
      summary: 'Show the lines of the log as they come, until Ctrl-C',
      run: (context) => watch(context, 'log.*.*', (event) => event.Object ?? undefined),
    },
  ],
};
