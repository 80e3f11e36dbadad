import type { Command } from '../command.ts';
import { portOf } from '../commands/endpoint.ts';
import { aborted, endingSignal } from '../ending.ts';

export const inspect: Command = {
  use: 'inspect [provider...]',
  summary: 'Look at provider executables in the browser, and try what they do',
  details: `Starts a development endpoint in a temporary folder with these executables, in whatever language they are written, a
plugin of each that needs no params, and a machine web1. Prints the address of a page that shows and runs all of it, and what
to log in with. Ctrl-C ends it and removes the folder.

The executables run with all rights of who looks at them. The pack drp-community-content, which some require, is there as a
stand-in. Without executables, drpkit plugin_providers upload brings some.`,
  examples: ['inspect bin/linux/amd64/incrementer', 'inspect ./incrementer ./my-go-provider --port 8092'],
  offline: true,
  flags: [{ name: 'port', value: 'int', default: '0', about: 'Port of the page and the API; 0 for any' }],
  check: () => undefined,
  async run(context) {
    const ending = endingSignal();
    const port = portOf(context, 'port');
    const { InspectedEndpoint } = await import('./inspected-endpoint.ts');
    await using endpoint = await InspectedEndpoint.start(context.args, {
      port,
      onProblem: (text) => context.note(text),
    });
    await context.say(`The inspector: ${endpoint.url}/ui/`);
    await context.say(`User: ${endpoint.user}`);
    await context.say(`Password: ${endpoint.password}\n`);
    await endpoint.startPlugins(ending, (line) => context.say(line));
    if (!ending.aborted) await context.say('Ctrl-C ends it.');
    await aborted(ending);
  },
};
