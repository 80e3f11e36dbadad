import type { Command } from '../../command.ts';

export const templateCommands: readonly Command[] = [
  {
    use: 'upload [file] as [id]',
    summary: 'Make the text in a file a template, or the text of one',
    check: (args, useLine) => (args.length === 3 ? undefined : `${useLine}: expected 3 argument`),
    async run(context) {
      const [file = '', , id] = context.args;
      await context.show(await (await context.endpoint()).installTemplate(file, id));
    },
  },
];
