import { ModelError } from '../../../models/index.ts';
import { A_DURATION, secondsOf } from '../../state/duration.ts';
import { bestMatch, readWhoami } from '../../state/whoami.ts';
import { keyOf, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';

const TOKEN_LIFE_SECONDS = 3600;
/** Tokens for machines: requested by a client, or by a machine that identifies itself. */
export function machineTokenRoutes({ objects, machineTokens, info }: Parts): Route[] {
  return [
    {
      method: 'GET',
      path: 'machines/:key/token',
      handle(exchange) {
        const { key } = objects.get('machines', keyOf(exchange), requesterOf(exchange));
        const ttl = exchange.query.get('ttl') ?? '';
        const seconds = ttl === '' ? TOKEN_LIFE_SECONDS : secondsOf(ttl);
        if (seconds === undefined)
          throw new ModelError(400, `ttl: expected ${A_DURATION}, not ${ttl}`, {
            model: 'machines',
            key,
            type: 'GET',
          });
        return { json: { Token: machineTokens.ofMachine(key, seconds), Info: info() } };
      },
    },
    {
      method: 'POST',
      path: 'whoami',
      async handle(exchange) {
        const whoami = readWhoami((await readJson(exchange)) ?? {});
        const match = bestMatch(whoami, objects.lookup.each('machines'));
        const Result =
          match === undefined
            ? {}
            : {
                Score: match.score,
                Uuid: match.uuid,
                Token: machineTokens.ofMachine(match.uuid, TOKEN_LIFE_SECONDS),
              };
        return { json: { Result, ...whoami } };
      },
    },
  ];
}
