/** Slack's markup: https://docs.slack.dev/messaging/formatting-message-text */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Escapes plain text. Only `&`, `<` and `>` are special, as they begin links and mentions. */
export function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}

/** A link. `label` is plain text. */
export function link(url: string, label: string): string {
  return `<${escaped(url.replaceAll('|', '%7C'))}|${escaped(label).replace(/[\n|]/g, ' ')}>`;
}

/** A time in Slack's `format`, shown in the reader's time zone; clients without support show ISO 8601. */
export function time(when: Date, format: string): string {
  return `<!date^${Math.floor(when.getTime() / 1000)}^${format}|${when.toISOString()}>`;
}

/** Cuts escaped text without links to `limit` characters, without splitting an entity or a character. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/&[a-z]{0,3}$|[\ud800-\udbff]$/, '')}…`;
}
