import type { Event } from '../../lib/models/index.ts';
import { type Description, describe } from './describe.ts';
import type { Links } from './links.ts';
import type { Mask } from './mask.ts';
import { LONGEST_SECTION } from './message.ts';
import { cut, escaped, link } from './mrkdwn.ts';
import type { Selected } from './selection.ts';
import type { Format } from './settings.ts';

/** An event in a channel's queue: rendered, without secrets. */
export interface Entry {
  format: Format;
  /** For a message with several events: one line of markup, or all of it in the format `text`. */
  line: string;
  /** For a message with this event alone: markup of at most LONGEST_SECTION characters. */
  whole: string;
  /** For notifications: escaped text without markup. */
  plain: string;
  when: Date;
}

/** Longest text of an event in the format `text`. Slack silently cuts at LONGEST_TEXT. */
const LONGEST_EVENT = 35_000;
/** Characters of plain text. Escaping can make it five times as long. */
const LONGEST_NAME = 100;
const LONGEST_PAGE = 300;
const LONGEST_TITLE = 150;
const LONGEST_DETAIL_IN_LINE = 200;

/** Renders an event. */
export function entryOf({ event, failed }: Selected, format: Format, mask: Mask, links: Links): Entry {
  const [Type, Action, Key, Principal] = [event.Type, event.Action, event.Key, event.Principal].map((part) =>
    mask.text(part),
  );
  const safe: Event = {
    ...event,
    ...{ Type, Action, Key, Principal },
    Object: mask.value(event.Object),
    Original: mask.value(event.Original),
  } as Event;
  const moment = new Date(event.Time);
  const when = Number.isNaN(moment.getTime()) ? new Date() : moment;
  return format === 'text' ? textEntry(safe, when) : blocksEntry(safe, describe(safe, failed, links), when);
}

/** The format of the Go slack plugin: a title line, and the object as JSON. */
function textEntry(event: Event, when: Date): Entry {
  const { Time, Type, Action, Key, Principal } = event;
  const head = escaped(`${Time}: ${Type} ${Action} ${Key} ${Principal}`.trim());
  const line = cut(`${head}\n${escaped(JSON.stringify(event.Object ?? null))}`, LONGEST_EVENT);
  return { format: 'text', line, whole: line, plain: head, when };
}

function blocksEntry(event: Event, description: Description, when: Date): Entry {
  const { icon, title, subject, page, machine, details } = description;
  const on = machine === undefined ? '' : ` on machine ${linked(machine.key, machine.page)}`;
  const by = event.Principal === '' ? '' : ` by ${cut(escaped(event.Principal), LONGEST_NAME)}`;
  const what = `:${icon}: *${cut(escaped(title), LONGEST_TITLE)}* ${linked(subject, page)}${on}${by}`;
  const inLine = cut(escaped(details.join('; ').replace(/\s+/g, ' ')), LONGEST_DETAIL_IN_LINE);
  const all = cut(escaped(details.join('\n')), LONGEST_SECTION - what.length - 1);
  return {
    format: 'blocks',
    line: inLine === '' ? what : `${what}: ${inLine}`,
    whole: all === '' ? what : `${what}\n${all}`,
    plain: cut(escaped(`${title} ${subject}`), LONGEST_TITLE),
    when,
  };
}

/** A name, as a link when it has a page. */
function linked(name: string, page: string | undefined): string {
  const short = cut(name, LONGEST_NAME);
  return page === undefined || page.length > LONGEST_PAGE ? escaped(short) : link(page, short);
}
