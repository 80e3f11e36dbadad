import type { Answer, Request } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { between, type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import type { Kind } from './kinds.ts';
import { partFlags } from './parts.ts';
import { prefixOf } from './prefix.ts';

const DAY_S = 24 * 3600;
/** Maximum waiting time of endpoints. */
const LONGEST_WAIT_S = 600;

const CHANGE_FLAGS: readonly Flag[] = [
  { name: 'etag', value: 'string', about: 'ETag of what is known, for --wait; what is so now unless given' },
  {
    name: 'wait',
    value: 'string',
    about: 'Wait so long for a change: seconds, or with a unit as in 5m; at most 10m',
  },
];

export function readCommands(kind: Kind): Command[] {
  const { prefix, single } = kind;
  return [
    {
      use: 'show [id]',
      summary: `Show one of the ${prefix}`,
      details:
        'The id is the key of the object, or INDEX:VALUE with an index that is unique, as in Name:foo.',
      flags: [...partFlags(kind), ...CHANGE_FLAGS],
      check: takes([1]),
      async run(context) {
        const query = {
          slim: context.given('slim'),
          params: context.given('params'),
          decode: context.on('decode') || undefined,
        };
        const { status, body } = await read(context, kind, { query });
        if (status !== NOT_MODIFIED) await context.show(body);
      },
    },
    {
      use: 'exists [id]',
      summary: `Fail when there is no such ${single}`,
      flags: CHANGE_FLAGS,
      check: takes([1]),
      async run(context) {
        await read(context, kind, { method: 'HEAD' }).catch((error: unknown) => {
          throw isNotFound(error) ? absent(context, kind) : error;
        });
      },
    },
    {
      use: 'etag [id]',
      summary: `Show the ETag of a ${single}, which is another one after each change`,
      check: takes([1]),
      async run(context) {
        const { etag = '' } = await read(context, kind, { method: 'HEAD' }).catch((error: unknown) => {
          throw isNotFound(error) ? absent(context, kind) : error;
        });
        await context.say(etag);
      },
    },
    {
      use: 'wait [id] [field] [value] [timeout]',
      summary: `Wait until a field of a ${kind.single} has a value`,
      details: `The timeout is in seconds; without it, the wait ends after a day. Prints how it ended: complete (the field
has the value), timeout, or interrupt (Ctrl-C).`,
      examples: kind.prefix === 'machines' ? ['wait Name:web1 Stage complete 600'] : [],
      check: between(3, 4),
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

const NOT_MODIFIED = 304;

/** Reads the object; with --wait once it has changed. Reports when the time is over without a change. */
async function read(
  context: Context,
  kind: Kind,
  request: Pick<Request, 'method' | 'query'>,
): Promise<Answer> {
  const path = [prefixOf(kind, context), context.arg(0)];
  const time = context.text('wait');
  const endpoint = await context.endpoint();
  if (time === '') return endpoint.send({ ...request, path });
  const wait = secondsOf(time);
  const etag = context.text('etag') || (await endpoint.send({ method: 'HEAD', path })).etag;
  const answer = await endpoint.send({ ...request, path, etag, wait });
  if (answer.status === NOT_MODIFIED) await context.say('Timeout: no change');
  return answer;
}

/** Parses a duration in Go's notation into seconds: `90`, `90s`, `1m30s`. Throws ModelError 400. */
function secondsOf(time: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
  const parts = [...time.matchAll(/(\d{1,6})([smh]?)/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit || 's'] ?? 1), 0);
  const isTime = parts.map(([part]) => part).join('') === time;
  if (isTime && seconds <= LONGEST_WAIT_S) return seconds;
  throw new ModelError(400, `wait: expected a time of at most 10m, found ${time}`);
}

function isNotFound(error: unknown): boolean {
  return error instanceof ModelError && error.code === 404;
}

function absent(context: Context, kind: Kind): ModelError {
  return new ModelError(404, `${prefixOf(kind, context)}:${context.arg(0)} does not exist`);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
