import { basename, relative, resolve } from 'node:path';
import { type Command, takes } from '../command.ts';
import { createProject, findKit } from './project.ts';

export const newProject: Command = {
  use: 'new [folder]',
  summary: 'Make the project of a new provider',
  details: `The last part of FOLDER is the provider's name. The project has one action, one param, its content pack, a test that
runs it under a development endpoint, and a build.`,
  examples: ['new ../hello'],
  offline: true,
  flags: [
    {
      name: 'kit',
      value: 'string',
      about: 'Folder of drp-plugins; default: the one that this drpkit is from',
    },
  ],
  check: takes([1]),
  async run(context) {
    const folder = resolve(context.arg(0));
    const kit = await findKit(context.text('kit'));
    await createProject(folder, kit);
    await context.say(`The provider ${basename(folder)} is in ${folder}. Next:

  cd ${relative(process.cwd(), folder) || '.'}
  npm install
  npm test
  npm run build`);
  },
};
