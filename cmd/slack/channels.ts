import { refusal } from './failure.ts';
import type { Channel } from './slack-api.ts';

/**
 * The channels named in `wanted`, by name with or without `#` or by id; all of `joined` when it is empty. Throws
 * ModelError 400 that names the channels that the bot is not in.
 */
export function choose(joined: readonly Channel[], wanted: readonly string[], bot: string): Channel[] {
  if (wanted.length === 0) return [...joined];
  const chosen = new Map<string, Channel>();
  const missing: string[] = [];
  for (const text of wanted) {
    const channel = find(joined, text);
    if (channel === undefined) missing.push(text);
    else chosen.set(channel.id, channel);
  }
  if (missing.length === 0) return [...chosen.values()];
  throw refusal(
    400,
    missing.map(
      (text) => `slack/channels: ${JSON.stringify(text)}: the bot is not in it: type "/invite @${bot}" there`,
    ),
  );
}

/** Whether `channels` contains all of `wanted`. */
export function includesAll(joined: readonly Channel[], wanted: readonly string[]): boolean {
  return wanted.every((text) => find(joined, text) !== undefined);
}

function find(joined: readonly Channel[], text: string): Channel | undefined {
  const name = text.trim().replace(/^#/, '');
  return (
    joined.find((channel) => channel.id === name) ??
    joined.find((channel) => channel.name === name.toLowerCase())
  );
}
