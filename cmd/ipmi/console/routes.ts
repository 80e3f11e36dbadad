import { refusal } from '../../../lib/ipmi/index.ts';
import type { RouteAnswer, RouteRequest } from '../../../lib/plugin/index.ts';
import type { Consoles } from './consoles.ts';

/** Shorter than the timeouts of proxies on the way. */
const MOST_WAIT_MS = 20_000;
const MOST_TYPED = 64 * 1024;

/**
 * The routes of consoles below `/plugin-apis/PLUGIN`. Clients poll: a websocket would have to be supported by each
 * endpoint and proxy on the way, and would lose output when it breaks, while a poll names the position to read from.
 * Everyone with a token of the endpoint can reach these routes; the ticket, which an action returns, authorizes. Each
 * takes a POST with a JSON object. Tickets are in the body, since paths are logged.
 *
 * - `/console/read` `{ticket, from, version, wait}`: answers with `{output, next, missed, state, message, version}`
 *   when there is output after `from`, when the state differs from that of `version`, or after `wait` ms. Output is
 *   base64.
 * - `/console/type` `{ticket, number, input}` or `{ticket, number, break: true}`: input is base64. A repeated `number`
 *   is not typed again.
 * - `/console/close` `{ticket}`.
 *
 * Throws ModelError.
 */
export async function consoleRoutes(
  consoles: Consoles | undefined,
  { method, path, body }: Pick<RouteRequest, 'method' | 'path' | 'body'>,
): Promise<RouteAnswer> {
  const route = /^\/console\/(read|type|close)$/.exec(path)?.[1];
  if (route === undefined) throw refusal(404, `${path}: there is no such route`);
  if (method !== 'POST') throw refusal(405, `${path}: expected POST, found ${method}`);
  const fields = fieldsOf(body);
  const ticket = fields.get('ticket');
  if (typeof ticket !== 'string') throw refusal(400, 'ticket: expected a string');
  if (consoles === undefined) throw refusal(404, 'this console was closed; open it again');
  const number = (name: string) => {
    const value = fields.get(name) ?? 0;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw refusal(400, `${name}: expected a whole number`);
  };
  switch (route) {
    case 'read': {
      const wait = Math.min(number('wait'), MOST_WAIT_MS);
      const { output, ...rest } = await consoles.read(ticket, number('from'), number('version'), wait);
      return { body: { output: output.toString('base64'), ...rest } };
    }
    case 'type': {
      const input = fields.get('input') ?? '';
      if (typeof input !== 'string' || input.length > MOST_TYPED)
        throw refusal(400, `input: expected base64, ${MOST_TYPED} characters of it at most`);
      const typed = fields.get('break') === true ? 'break' : Buffer.from(input, 'base64');
      await consoles.type(ticket, number('number'), typed);
      return { body: {} };
    }
    default:
      consoles.close(ticket);
      return { body: {} };
  }
}

function fieldsOf(body: Buffer): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null) throw refusal(400, 'expected a JSON object');
  return new Map(Object.entries(value));
}
