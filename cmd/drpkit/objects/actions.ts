import type { Actions } from '../../../lib/api/index.ts';
import { type AvailableAction, ModelError, nearest } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import { parseInput, readObject } from '../input.ts';
import type { Kind } from './kinds.ts';
import { prefixOf } from './prefix.ts';

const PLUGIN: readonly Flag[] = [
  { name: 'plugin', value: 'string', about: 'The plugin whose action is meant, where several offer it' },
];

const NAME = 'PLUGIN:ACTION names an action as --plugin PLUGIN does.';

const RUN = `The params of the action are one object (JSON or YAML in place, in a file, or - for stdin), or pairs of a
name and a value.`;

const MACHINE_EXAMPLES = [
  'runaction Name:web1 powerstatus',
  'runaction Name:web1 identify ipmi/identify-duration 10',
];

/** Commands for actions of objects, or without a kind for those of the system. */
export function actionCommands(kind?: Kind): Command[] {
  const [id, ids] = kind === undefined ? ['', 0] : [' [id]', 1];
  const single = kind?.single ?? 'system';
  const actionsOf = async (context: Context) => {
    const endpoint = await context.endpoint();
    if (kind === undefined) return endpoint.systemActions();
    return endpoint.actions(prefixOf(kind, context), context.arg(0));
  };
  // Actions of jobs are the steps of their tasks.
  const action = kind?.prefix === 'jobs' ? 'plugin_action' : 'action';
  return [
    {
      use: `${action}s${id}`,
      summary: `List the actions that can be run on a ${single}`,
      flags: PLUGIN,
      check: takes([ids], `${ids} argument`),
      async run(context) {
        const plugin = context.given('plugin');
        await context.show(await (await actionsOf(context)).list({ plugin }));
      },
    },
    {
      use: `${action}${id} [action]`,
      summary: `Show one action of a ${single}`,
      details: NAME,
      flags: PLUGIN,
      check: takes([ids + 1], `${ids + 1} arguments`),
      async run(context) {
        const { command, plugin } = named(context, ids);
        await context.show(await (await actionsOf(context)).show(command, { plugin }));
      },
    },
    {
      use: `run${action}${id} [command] [- | JSON or YAML Map of objects | pairs of string objects]`,
      summary: `Run an action on a ${single}`,
      details: `${RUN} ${NAME}`,
      examples: kind?.prefix === 'machines' ? MACHINE_EXAMPLES : [],
      flags: PLUGIN,
      check(args) {
        const words = args.length - ids - 1;
        if (words === 1 || (words >= 0 && words % 2 === 0)) return undefined;
        const rule =
          ids === 1 ? 'three arguments or a multiple of two' : 'two arguments or one plus a multiple of two';
        return `runaction either takes ${rule}, not ${args.length}`;
      },
      async run(context) {
        const { command, plugin } = named(context, ids);
        const params = await paramsOf(context.args.slice(ids + 1));
        const actions = await actionsOf(context);
        await warnOfUnknown(context, Object.keys(params), () => actions.show(command, { plugin }));
        const result = await actions.run(command, params, { plugin }).catch(async (error: unknown) => {
          // Endpoints answer with code 400.
          if (error instanceof ModelError && /^Action .*not found$/i.test(error.messages[0] ?? ''))
            await suggest(context, command, actions);
          throw error;
        });
        await context.show(result);
      },
    },
  ];
}

/** The action in an argument, and the plugin in the argument or flag. Throws ModelError 400 when both name a plugin. */
function named(context: Context, at: number): { command: string; plugin: string | undefined } {
  const [, before, after] = /^([^:]+):(.+)$/s.exec(context.arg(at)) ?? [];
  const flag = context.given('plugin');
  if (before === undefined || after === undefined) return { command: context.arg(at), plugin: flag };
  if (flag === undefined || flag === before) return { command: after, plugin: before };
  throw new ModelError(
    400,
    `plugin: ${context.arg(at)} is an action of ${before}, and --plugin says ${flag}`,
  );
}

/** Suggests an action of the object with a similar name. */
async function suggest(context: Context, command: string, actions: Actions): Promise<void> {
  const there = await actions.list().catch(() => []);
  const [meant] = nearest(
    command,
    there.map(({ Command }) => Command),
  );
  if (meant !== undefined && meant !== command) context.note(`Did you mean ${meant}?`);
}

/** Warns of params that the action does not declare: the endpoint drops them silently. */
async function warnOfUnknown(
  context: Context,
  given: readonly string[],
  show: () => Promise<AvailableAction>,
): Promise<void> {
  if (given.length === 0) return;
  // Errors about the action itself are reported when it is run.
  const action = await show().catch(() => undefined);
  if (action === undefined) return;
  const known = [...(action.RequiredParams ?? []), ...(action.OptionalParams ?? [])];
  for (const name of given.filter((param) => !known.includes(param))) {
    const [meant] = nearest(name, known);
    const question = meant === undefined ? '' : `; did you mean ${meant}?`;
    context.note(`Warning: ${action.Command} has no param ${name}, and does not get it${question}`);
  }
}

async function paramsOf(words: readonly string[]): Promise<Record<string, unknown>> {
  const [first] = words;
  if (first !== undefined && words.length === 1) {
    return readObject(first, 'Invalid parameters').catch((error: unknown) => {
      if (!(error instanceof ModelError)) throw error;
      const message = `${error.message}; give one object, or pairs of a name and a value`;
      throw new ModelError(error.code, message, { cause: error });
    });
  }
  const params = new Map<string, unknown>();
  for (let at = 0; at < words.length; at += 2) {
    const [name = '', value = ''] = words.slice(at, at + 2);
    const parsed = parseInput(value).catch((error: unknown) => {
      throw new ModelError(
        400,
        `Invalid parameters: ${name}: ${error instanceof Error ? error.message : error}`,
      );
    });
    params.set(name, await parsed);
  }
  return Object.fromEntries(params);
}
