import type { Group } from '../command.ts';
import { takes } from '../command.ts';
import { endingSignal } from '../ending.ts';
import { readInput } from '../input.ts';

export const core0: Group = {
  commands: [
    {
      use: 'call [path] [command] [json]',
      summary: 'Call a command of a container plugin, and show its result',
      details: `The plugin is started as coreX does it: PATH COMMAND JSON. What it prints beside its result goes to stderr.
Without JSON the command gets an empty object.`,
      examples: [`call bin/linux/amd64/ovs bridge-add '{"bridge": "br0"}'`],
      offline: true,
      check: takes([2, 3], '2 or 3 arguments'),
      async run(context) {
        const [path = '', command = '', json = '{}'] = context.args;
        const { callForResult, resultOf } = await import('../../../lib/core0/index.ts');
        const args = await readInput(json);
        const result = await callForResult(path, command, args, { signal: endingSignal() });
        for (const { level, text } of result.messages) context.note(level > 2 ? `${level}: ${text}` : text);
        await context.show(resultOf(result, `${path} ${command}`));
      },
    },
  ],
};
