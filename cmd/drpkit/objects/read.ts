import { ModelError } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Kind } from './kinds.ts';
import { PART_FLAGS } from './parts.ts';
import { prefixOf } from './prefix.ts';

const DAY_S = 24 * 3600;

export function readCommands(kind: Kind): Command[] {
  return [
    {
      use: 'show [id]',
      summary: `Show one of the ${kind.prefix}`,
      details:
        'The id is the key of the object, or INDEX:VALUE with an index that is unique, as in Name:foo.',
      flags: PART_FLAGS,
      check: takes([1]),
      async run(context) {
        const path = [prefixOf(kind, context), context.arg(0)];
        const query = {
          slim: context.given('slim'),
          params: context.given('params'),
          decode: context.on('decode') || undefined,
        };
        const endpoint = await context.endpoint();
        await context.show(await endpoint.request({ path, query }));
      },
    },
    {
      use: 'exists [id]',
      summary: `Fail when there is no such ${kind.single}`,
      check: takes([1]),
      async run(context) {
        const prefix = prefixOf(kind, context);
        const endpoint = await context.endpoint();
        if (await endpoint.objects(prefix).exists(context.arg(0))) return;
        throw new ModelError(404, `${prefix}:${context.arg(0)} does not exist`);
      },
    },
    {
      use: 'wait [id] [field] [value] [timeout]',
      summary: `Wait until a field of a ${kind.single} has a value`,
      details: `The timeout is in seconds; without it, the wait ends after a day. Prints how it ended: complete (the field
has the value), timeout, or interrupt (Ctrl-C).`,
      examples: kind.prefix === 'machines' ? ['wait Name:web1 Stage complete 600'] : [],
      check: takes([3, 4], '3 or 4 arguments'),
      async run(context) {
        const [id = '', field = '', value = '', seconds = String(DAY_S)] = context.args;
        if (!/^\d{1,6}$/.test(seconds)) {
          throw new ModelError(400, `timeout: expected whole seconds, found ${seconds}`);
        }
        const prefix = prefixOf(kind, context);
        const endpoint = await context.endpoint();
        const { equal } = await import('../../../lib/api/index.ts');
        const interrupt = new AbortController();
        process.once('SIGINT', () => interrupt.abort());
        await context.say(
          await endpoint.waitFor(prefix, id, equal(field, jsonOrText(value)), {
            timeout: Number(seconds) * 1000,
            signal: interrupt.signal,
          }),
        );
      },
    },
  ];
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
