import { type Event, isObject, ModelError, timestamp } from '../../../models/index.ts';
import { type Exchange, readJson } from '../exchange.ts';

/** The event in a request's body. Default time: now; default principal: the requester. Throws ModelError 400. */
export async function postedEvent(exchange: Exchange): Promise<Event> {
  const body = await readJson(exchange);
  const refuse = (problem: string) => new ModelError(400, problem, { model: 'events', type: 'POST' });
  if (!isObject(body)) throw refuse('expected an event');
  const { Type, Action, Key, Time, Principal, Object: object = null, Original = null } = body;
  if (typeof Type !== 'string' || Type === '') throw refuse('Type: expected text');
  if (typeof Action !== 'string' || Action === '') throw refuse('Action: expected text');
  if (typeof Key !== 'string') throw refuse('Key: expected text');
  return {
    Time: typeof Time === 'string' && Time !== '' ? Time : timestamp(),
    Type,
    Action,
    Key,
    Principal: typeof Principal === 'string' && Principal !== '' ? Principal : exchange.principal,
    Object: object,
    Original,
  };
}
