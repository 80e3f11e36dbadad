import { basename, relative, resolve } from 'node:path';
import { type Command, takes } from '../command.ts';
import { createProject, findKit, TEMPLATES } from './project.ts';

export const newProject: Command = {
  use: 'new [folder]',
  summary: 'Make the project of a new provider',
  details: `The last part of FOLDER is the provider's name. The project has a provider with a content pack, a test that runs it under
a development endpoint, a build, what debuggers need, and a workflow for continuous integration.

${Object.entries(TEMPLATES)
  .map(([name, about]) => `Template ${name}: ${about}.`)
  .join('\n\n')}`,
  examples: ['new ../hello', 'new ../watch --template poller'],
  offline: true,
  flags: [
    {
      name: 'template',
      value: 'string',
      default: 'action',
      about: `What to begin with: ${Object.keys(TEMPLATES).join(', ')}`,
    },
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
    await createProject(folder, kit, context.text('template'));
    await context.say(`The provider ${basename(folder)} is in ${folder}. Next:

  cd ${relative(process.cwd(), folder) || '.'}
  npm install
  npm test
  npm run dev
  npm run build`);
  },
};
