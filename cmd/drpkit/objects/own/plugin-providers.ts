import path from 'node:path';
import { type Command, takes } from '../../command.ts';
import { downloaded } from '../../download.ts';
import { openSource } from '../../source.ts';

/** Commands to upload and remove provider executables. */
export const providerCommands: readonly Command[] = [
  {
    use: 'upload [name] (from [file])',
    summary: 'Upload the executable of a provider',
    details: `Without a file, the name is that of the file, and the provider is called as its last part says. The file may be an
http or https URL.`,
    examples: ['upload bin/linux/amd64/hello', 'upload hello from bin/linux/amd64/hello'],
    flags: [
      {
        name: 'replace-writable',
        about: 'Take the place of objects of the same names that were made by hand',
      },
    ],
    check: takes([1, 3], '1 or 2 arguments'),
    async run(context) {
      const [name = '', , file = name] = context.args;
      const source = await openSource(file);
      const providers = (await context.endpoint()).pluginProviders();
      await context.show(
        await providers.upload(context.args.length === 1 ? path.basename(name) : name, source, {
          replaceWritable: context.on('replace-writable'),
        }),
      );
    },
  },
  {
    use: 'download [item] to [dest]',
    summary: 'Download the executable of a provider; to stdout, unless told where to',
    check: takes([1, 3], '1 or 2 arguments'),
    async run(context) {
      const [name = '', , file = '-'] = context.args;
      await downloaded(await context.endpoint(), ['plugin_providers', name, 'binary'], file);
    },
  },
];
