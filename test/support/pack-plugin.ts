import { action, definePlugin, run } from '../../lib/plugin/index.ts';

/** A provider whose plugin has params of all kinds: with and without a default, secret and open. */
run(
  definePlugin({
    name: 'packed',
    summary: 'Logs its params',
    content: `
meta: {Name: packed}
sections:
  params:
    packed/given: {Name: packed/given, Schema: {type: string}}
    packed/level: {Name: packed/level, Schema: {type: integer, default: 3}}
    packed/other: {Name: packed/other, Schema: {type: string}}
    packed/secret: {Name: packed/secret, Secure: true, Schema: {type: string}}
    packed/object: {Name: packed/object, Schema: {type: object}}
`,
    requiredParams: ['packed/given'],
    optionalParams: ['packed/level', 'packed/other'],
    config: ({ params, log }) => log.info(`params ${JSON.stringify(params)}`),
    actions: {
      echo: [
        action({ model: 'machines', optionalParams: ['packed/secret'], run: ({ params }) => params }),
        action({ model: 'system', optionalParams: ['packed/secret'], run: ({ params }) => params }),
      ],
    },
  }),
);
