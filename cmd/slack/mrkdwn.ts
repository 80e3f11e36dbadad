/*
 * Slack's markup, as https://docs.slack.dev/messaging/formatting-message-text says.
 */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text that Slack shows as it is: `&`, `<` and `>` begin links and mentions, and nothing else needs escaping. */
export function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}

/** A link. `label` is plain text. */
export function link(url: string, label: string): string {
  return `<${escaped(url.replaceAll('|', '%7C'))}|${escaped(label).replace(/[\n|]/g, ' ')}>`;
}

/** A time that Slack shows in the reader's own time zone, in a `format` of its own; other readers see ISO 8601. */
export function time(when: Date, format: string): string {
  return `<!date^${Math.floor(when.getTime() / 1000)}^${format}|${when.toISOString()}>`;
}

/** Escaped text with no links in it, of at most `limit` characters. No entity and no character is cut in two. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/&[a-z]{0,3}$|[\ud800-\udbff]$/, '')}…`;
}
