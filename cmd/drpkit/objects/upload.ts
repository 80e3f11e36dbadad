import path from 'node:path';
import { type Command, takes } from '../command.ts';

/** Provider executables come and go as files. */
export const uploadCommands: readonly Command[] = [
  {
    use: 'upload [name] (from [file])',
    summary: 'Upload the executable of a provider',
    details:
      'Without a file, the name is that of the file, and the provider is called as its last part says.',
    examples: ['upload bin/linux/amd64/hello', 'upload hello from bin/linux/amd64/hello'],
    check: takes([1, 3], '1 or 2 arguments'),
    async run(context) {
      const [name = '', , file = name] = context.args;
      const providers = (await context.endpoint()).pluginProviders();
      await context.show(
        await providers.upload(context.args.length === 1 ? path.basename(name) : name, { file }),
      );
    },
  },
];
