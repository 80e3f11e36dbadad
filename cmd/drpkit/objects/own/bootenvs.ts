import { type Command, takes } from '../../command.ts';
import { isosOf, uploadIsos } from '../isos.ts';

export const bootEnvCommands: readonly Command[] = [
  {
    use: 'uploadiso [id]',
    summary: 'Download the images that a boot environment needs, and upload them to the endpoint',
    details:
      'They come from the IsoUrl of the boot environment; what the endpoint has already is left alone.',
    check: takes([1]),
    async run(context) {
      const bootEnv = await (await context.endpoint()).objects('bootenvs').get(context.arg(0));
      await uploadIsos(context, `BootEnv ${bootEnv.Name}`, isosOf(bootEnv));
    },
  },
  {
    use: 'install [bootenvFile] [isoPath]',
    summary: 'Create a boot environment from a file, with the templates beside it',
    details: `The file is YAML or JSON. Templates come from its folder (*.tmpl), or when that is called bootenvs, from the folder
templates next to it; images from the folder isoPath, by default isos, into which those that are missing are downloaded.`,
    flags: [{ name: 'skip-download', about: 'Download and upload no images' }],
    check(args, useLine) {
      if (args.length < 1) return `${useLine} needs at least 1 arg`;
      return args.length > 2 ? `${useLine} has Too many args` : undefined;
    },
    async run(context) {
      const [file = '', folder = 'isos'] = context.args;
      const endpoint = await context.endpoint();
      const bootEnv = await endpoint.installBootEnv(file);
      if (!context.on('skip-download')) await endpoint.uploadIsos(bootEnv, folder, { download: true });
      await context.show(bootEnv);
    },
  },
];
