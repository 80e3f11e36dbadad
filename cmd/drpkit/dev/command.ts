import { ModelError } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import { portOf } from '../commands/endpoint.ts';
import { aborted, endingSignal } from '../ending.ts';

export const dev: Command = {
  use: 'dev [name]',
  summary: 'Run the provider of the project in this folder, and again after each change',
  details: `Starts a development endpoint with the provider cmd/NAME from its source, and a machine web1. A change of the source or of
the content is live within a second or two; what is wrong with types or content is shown with file and line. Log and events are
shown as they come.

Params of the plugin, secrets among them, are read from dev/params.yaml, which git does not see: NAME/token: "..."`,
  examples: ['dev', 'dev --inspect 9229'],
  offline: true,
  flags: [
    {
      name: 'root',
      value: 'string',
      default: 'dev',
      about: 'Folder of the endpoint; made when it is not there',
    },
    { name: 'port', value: 'int', default: '8092', about: 'Port of the API; 0 for any' },
    { name: 'static-port', value: 'int', default: '8091', about: 'Port of the file server; 0 for any' },
    {
      name: 'inspect',
      value: 'int',
      default: '0',
      about: 'Port on which a debugger can attach to the plugin',
    },
    { name: 'no-events', about: 'Show the log only' },
  ],
  check: (args, useLine) => (args.length > 1 ? `${useLine} takes at most one name` : undefined),
  async run(context) {
    const ending = endingSignal();
    const { DevLoop } = await import('./dev-loop.ts');
    const { providerIn } = await import('./provider-source.ts');
    const colored = process.stdout.isTTY === true && process.stdout.hasColors() && !context.on('no-color');
    const { Terminal } = await import('./terminal.ts');
    const terminal = new Terminal((line) => void context.say(line), colored);
    const inspect = portOf(context, 'inspect');
    if (context.text('root') === '') throw new ModelError(400, 'root: expected a folder, found nothing');
    await using loop = await DevLoop.start(await providerIn(process.cwd(), context.args[0]), {
      root: context.text('root'),
      port: portOf(context, 'port'),
      staticPort: portOf(context, 'static-port'),
      inspect: inspect === 0 ? undefined : inspect,
      events: !context.on('no-events'),
      terminal,
    });
    await loop.introduce();
    await aborted(ending);
    terminal.dev('ends');
  },
};
