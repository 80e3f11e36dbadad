import type { Group } from '../command.ts';
import type { Context } from '../context.ts';
import { readObject } from '../input.ts';

export const prefs: Group = {
  commands: [
    {
      use: 'list',
      summary: 'Show all preferences',
      async run(context) {
        await context.show((await (await context.endpoint()).request({ path: ['prefs'] })) ?? {});
      },
    },
    {
      use: 'set [- | JSON or YAML Map of strings | pairs of string args]',
      summary: 'Set preferences, and show all',
      details: `Who changes baseTokenSecret or systemGrantorSecret ends all sessions: tokens that were made before are refused then.`,
      examples: ['set defaultWorkflow discover-base', `set '{"unknownBootEnv": "ignore"}'`],
      check: ({ length }) =>
        length === 1 || (length > 0 && length % 2 === 0)
          ? undefined
          : `prefs set either takes a single argument or a multiple of two, not ${length}`,
      async run(context) {
        const json = await preferencesOf(context);
        const endpoint = await context.endpoint();
        await context.show(await endpoint.request({ method: 'POST', path: ['prefs'], json }));
      },
    },
  ],
};

/** Preferences are strings, even if they look like numbers. */
async function preferencesOf({ args }: Context): Promise<Record<string, string>> {
  const [first = ''] = args;
  if (args.length === 1) {
    const entries = Object.entries(await readObject(first, 'Invalid prefs'));
    return Object.fromEntries(
      entries.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    );
  }
  const pairs = args.flatMap((name, at) => (at % 2 === 0 ? [[name, args[at + 1] ?? '']] : []));
  return Object.fromEntries(pairs);
}
