import type { Group } from '../command.ts';
import { takes } from '../command.ts';
import { readObject } from '../input.ts';
import { watch } from './watch.ts';

export const events: Group = {
  commands: [
    {
      use: 'post [- | JSON or YAML Event]',
      summary: 'Make an event',
      examples: [`post '{"Type": "hello", "Action": "said", "Key": "web1"}'`],
      details: 'An event has Type, Action and Key, and may have an Object.',
      check: takes([1]),
      async run(context) {
        const event = await readObject(context.arg(0), 'Invalid event');
        await (await context.endpoint()).postEvent(event);
      },
    },
    {
      use: 'watch [filter]',
      summary: 'Show events as they come, until Ctrl-C',
      details:
        'The filter is TYPE.ACTION.KEY, with * for any, as in machines.update.*; all events unless given.',
      examples: ["watch 'machines.update.*'"],
      check: takes([0, 1], '0 or 1 argument'),
      run: (context) => watch(context, context.args[0] ?? '*.*.*', (event) => event),
    },
  ],
};
