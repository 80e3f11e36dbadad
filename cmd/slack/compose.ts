import type { Entry } from './entry.ts';
import { type Block, context, LONGEST_SECTION, LONGEST_TEXT, type Message, section } from './message.ts';
import { cut, escaped, time } from './mrkdwn.ts';

/** A number of dropped events, in their place in the queue. */
export interface Missed {
  missed: number;
  why: string;
}

export type Item = Entry | Missed;

/**
 * Limit for the JSON of all blocks of a message. Slack answers `msg_blocks_too_long` above some 13,000 characters
 * (https://github.com/slackapi/bolt-js/issues/2509), and has been seen to do so above 11,000.
 */
const LONGEST_BLOCKS = 8000;
/** Notifications show only the beginning. */
const LONGEST_NOTICE = 300;

/** A message with as many of `items` as fit, from the first, and their number. `items` must not be empty. */
export function compose(items: readonly Item[]): { message: Message; taken: number } {
  const format = items.find((item) => 'format' in item)?.format ?? 'blocks';
  const limit = format === 'text' ? LONGEST_TEXT - 1000 : LONGEST_BLOCKS;
  const told: Item[] = [];
  let length = 0;
  for (const item of items) {
    const line = lineOf(item);
    const size = (format === 'text' ? line : JSON.stringify(line)).length + 1;
    const fits = length + size <= limit && (!('format' in item) || item.format === format);
    if (told.length > 0 && !fits) break;
    told.push(item);
    length += size;
  }
  const message = format === 'text' ? textOf(told) : blocksOf(told);
  return { message, taken: told.length };
}

/** The number of events in `items`. */
export function eventsIn(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + ('missed' in item ? item.missed : 1), 0);
}

function textOf(items: readonly Item[]): Message {
  return { text: items.map(lineOf).join('\n'), mrkdwn: false };
}

function blocksOf(items: readonly Item[]): Message {
  const [first] = items;
  if (items.length === 1 && first !== undefined && 'format' in first) {
    const when = time(first.when, '{date_short_pretty} {time_secs}');
    return { text: first.plain, blocks: [section(first.whole), context(when)] };
  }
  const entries = items.filter((item) => 'format' in item);
  const plain = [
    ...entries.map((entry) => entry.plain),
    ...items.filter((item) => 'missed' in item).map(lineOf),
  ];
  const heading = `${entries.length} events`;
  return {
    text: cut(entries.length > 1 ? `${heading}: ${plain.join('; ')}` : plain.join('; '), LONGEST_NOTICE),
    blocks: [
      ...(entries.length > 1 ? [section(`*${heading}* ${span(entries)}`)] : []),
      ...sections(items.map(lineOf)),
    ],
  };
}

/** The time span of the events, as Slack dates, shown in the reader's time zone. */
function span(entries: readonly Entry[]): string {
  const times = entries.map(({ when }) => when.getTime());
  const [from, to] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
  const begin = time(from, '{date_short_pretty} {time_secs}');
  return Math.floor(from.getTime() / 1000) === Math.floor(to.getTime() / 1000)
    ? begin
    : `${begin} to ${time(to, '{time_secs}')}`;
}

/** Packs lines into as few sections as possible. */
function sections(lines: readonly string[]): Block[] {
  const texts: string[] = [];
  for (const line of lines) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= LONGEST_SECTION)
      texts[texts.length - 1] = `${last}\n${line}`;
    else texts.push(line);
  }
  return texts.map(section);
}

function lineOf(item: Item): string {
  if ('format' in item) return item.line;
  const { missed, why } = item;
  return `:warning: ${missed} ${missed === 1 ? 'event is' : 'events are'} not shown: ${cut(escaped(why), LONGEST_NOTICE)}`;
}
