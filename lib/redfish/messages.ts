import { at, isResource, listAt, type Resource, textAt, textsAt } from '../https/index.ts';

/** What a BMC says of a request: an entry of `@Message.ExtendedInfo` (DSP0266, Error responses). */
export interface Message {
  /** For people. */
  text: string;
  /** `REGISTRY.VERSION.NAME`; empty when not told. */
  id: string;
  /** Whether it tells of something that was done. */
  fine: boolean;
}

/** How much of what a BMC says is passed on. */
const MOST_MESSAGES = 10;
const LONGEST_TEXT = 500;
const INFO = '@Message.ExtendedInfo';

/**
 * The messages in a body: of an error, of a whole resource, or of single properties (`PROPERTY@Message.ExtendedInfo`)
 * at its top or in its Boot object; or else the error's own code and message.
 */
export function messagesIn(body: unknown): Message[] {
  const infos = [at(body, 'error'), body, at(body, 'Boot')].flatMap((holder) =>
    isResource(holder)
      ? Object.keys(holder)
          .filter((name) => name.endsWith(INFO))
          .flatMap((name) => listAt(holder, name))
      : [],
  );
  const found = infos.filter(isResource).map(messageOf);
  if (found.length === 0) {
    const id = textAt(body, 'error', 'code') ?? '';
    const text = textAt(body, 'error', 'message') ?? id;
    if (text !== '') found.push({ text: short(text), id, fine: isFine(id, undefined) });
  }
  return found.filter(({ text }) => text !== '').slice(0, MOST_MESSAGES);
}

/** A message of a task, or of an error. Some BMCs send but its ID and arguments. */
export function messageOf(info: Resource): Message {
  const id = textAt(info, 'MessageId') ?? '';
  const severity = textAt(info, 'MessageSeverity') ?? textAt(info, 'Severity');
  const said = textAt(info, 'Message');
  const resolution = textAt(info, 'Resolution');
  const advice = resolution === undefined || /^(none\.?|)$/i.test(resolution) ? '' : ` (${resolution})`;
  const args = textsAt(info, 'MessageArgs') ?? [];
  const text = said === undefined || said === '' ? [id, ...args].join(' ').trim() : `${said}${advice}`;
  return { text: short(text), id, fine: isFine(id, severity) };
}

function isFine(id: string, severity: string | undefined): boolean {
  return severity === 'OK' || /\.(Success|Created|NoOperation)$/.test(id);
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}...` : line;
}
