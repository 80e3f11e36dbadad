import { definePlugin, type RouteAnswer, run } from '../../lib/plugin/index.ts';

/** A provider whose routes answer what they are sent, fit for HTTP or not. */
run(
  definePlugin({
    name: 'odd',
    summary: 'Answers what it is sent',
    actions: {},
    routes: ({ body }) => JSON.parse(body.toString()) as RouteAnswer,
  }),
);
