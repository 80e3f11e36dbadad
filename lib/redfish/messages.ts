import { at, isResource, listAt, type Resource, textAt, textsAt } from '../https/index.ts';

/** A message of a BMC about a request: an entry of `@Message.ExtendedInfo` (DSP0266, Error responses). */
export interface Message {
  /** In the BMC's own words. */
  text: string;
  /** `REGISTRY.VERSION.NAME`; empty when absent. */
  id: string;
  /** The last part of the id, which is the same in all versions of a registry. */
  name: string;
  args: readonly string[];
  /** Whether it reports success. */
  fine: boolean;
}

/** How many messages an error shows. */
const MOST_MESSAGES = 10;
const INFO = '@Message.ExtendedInfo';

/**
 * The messages in a body: of an error, of the whole resource, or of single properties (`PROPERTY@Message.ExtendedInfo`)
 * at its top level or in Boot; or else the error's own code and message.
 */
export function messagesIn(body: unknown): Message[] {
  const infos = [at(body, 'error'), body, at(body, 'Boot')].flatMap((holder) =>
    isResource(holder)
      ? Object.keys(holder)
          .filter((name) => name.endsWith(INFO))
          // An array by the standard; some send a single message.
          .flatMap((name) => [holder[name]].flat())
      : [],
  );
  const found = infos.filter(isResource).map(messageOf);
  if (found.length === 0) {
    const id = textAt(body, 'error', 'code') ?? '';
    const text = textAt(body, 'error', 'message') ?? id;
    if (text !== '') found.push({ text, id, name: nameIn(id), args: [], fine: isFine(id, undefined) });
  }
  return found.filter(({ text }) => text !== '').slice(0, MOST_MESSAGES);
}

/** The messages of a task or a job. */
export function messagesOf(task: unknown): Message[] {
  return listAt(task, 'Messages')
    .filter(isResource)
    .map(messageOf)
    .filter(({ text }) => text !== '')
    .slice(0, MOST_MESSAGES);
}

/** Builds the text from id and arguments when the BMC sends no text. */
function messageOf(info: Resource): Message {
  const id = textAt(info, 'MessageId') ?? textAt(info, 'MessageID') ?? '';
  const severity = textAt(info, 'MessageSeverity') ?? textAt(info, 'Severity');
  const said = textAt(info, 'Message');
  const resolution = textAt(info, 'Resolution');
  const advice = resolution === undefined || /^(none\.?|)$/i.test(resolution) ? '' : ` (${resolution})`;
  const args = textsAt(info, 'MessageArgs') ?? [];
  const text = said === undefined || said === '' ? [id, ...args].join(' ').trim() : `${said}${advice}`;
  return { text, id, name: nameIn(id), args, fine: isFine(id, severity) };
}

function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}

function isFine(id: string, severity: string | undefined): boolean {
  return severity === 'OK' || /\.(Success|Created|NoOperation)$/.test(id);
}
