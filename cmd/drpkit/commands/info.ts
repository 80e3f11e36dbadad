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
    {
      use: 'status',
      summary: 'Show which services of the endpoint answer',
      async run(context) {
        const { serviceStatus } = await import('./service-status.ts');
        const endpoint = await context.endpoint();
        const host = new URL(endpoint.endpoint).hostname.replace(/^\[(.*)\]$/, '$1');
        await context.show(await serviceStatus(await endpoint.info(), host));
      },
    },
  ],
};
