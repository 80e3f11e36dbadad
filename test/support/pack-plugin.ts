import { definePlugin, run } from '../../lib/plugin/index.ts';

/** A provider whose plugin has params with and without a default. */
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
`,
    requiredParams: ['packed/given'],
    optionalParams: ['packed/level', 'packed/other'],
    config: ({ params, log }) => log.info(`params ${JSON.stringify(params)}`),
  }),
);
