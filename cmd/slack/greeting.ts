import type { Links } from './links.ts';
import { context, type Message, section } from './message.ts';
import { cut, escaped, link } from './mrkdwn.ts';
import type { Settings } from './settings.ts';

/** Posted when events may have been missed. They cannot be fetched later. */
export const GAP: Message = {
  text: ':warning: The connection to the endpoint was interrupted: events of that time may be missing here',
};

/** Posted when the plugin begins to write to a channel. */
export function greeting(
  plugin: string,
  address: string,
  { events, format }: Settings,
  links: Links,
): Message {
  const selected = events.length === 0 ? 'no events, only what slackPost is given' : events.join(', ');
  const text = `Hello from Digital Rebar at ${escaped(address)}`;
  const from = cut(escaped(`plugin ${plugin} tells of: ${selected}`), 2500);
  if (format === 'text') return { text: `${text}\n${from}`, mrkdwn: false };
  return {
    text,
    blocks: [section(`:wave: Hello from Digital Rebar at ${link(links.base, address)}`), context(from)],
  };
}
