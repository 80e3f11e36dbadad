import type { Group } from '../command.ts';

export const prefixes: Group = {
  commands: [
    {
      use: 'list',
      summary: 'List the types of objects',
      async run(context) {
        await context.show(await (await context.endpoint()).prefixes());
      },
    },
  ],
};
