import type { Event } from '../../lib/models/index.ts';

/** An event of which only what matters is given: `machines.create.KEY` and so on. */
export function event(selector: string, more: Partial<Event> = {}): Event {
  const [Type = '', Action = '', ...key] = selector.split('.');
  return {
    Time: '2026-11-21T11:05:00.421249076Z',
    Type,
    Action,
    Key: key.join('.'),
    Principal: 'user:rocketskates',
    Object: null,
    Original: null,
    ...more,
  };
}
