import type { Group } from '../command.ts';

export const info: Group = {
  fallback: 'get',
  commands: [
    {
      use: 'get',
      summary: 'Show what the endpoint says of itself',
      async run(context) {
        await context.show(await (await context.endpoint()).info());
      },
    },
    {
      use: 'check',
      summary: 'Fail when the endpoint cannot be talked to',
      async run(context) {
        await (await context.endpoint()).info();
        await context.say('{ "active": true }');
      },
    },
  ],
};
