import type { PostedMessage } from './state.ts';

/** https://docs.slack.dev/reference/block-kit/blocks */
const MOST_BLOCKS = 50;
/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
const LONGEST_SECTION = 3000;
/** https://docs.slack.dev/reference/block-kit/blocks/context-block */
const MOST_ELEMENTS = 10;
/** Not documented: where calls were seen to fail, https://github.com/slackapi/bolt-js/issues/2509. */
const LONGEST_BLOCKS = 11_000;

/** The blocks in an argument, or the error that Slack has for them. */
export function blocksIn(argument: string): PostedMessage['blocks'] | string {
  let blocks: unknown;
  try {
    blocks = JSON.parse(argument);
  } catch {
    return 'invalid_blocks_format';
  }
  if (!Array.isArray(blocks)) return 'invalid_blocks_format';
  if (blocks.length > MOST_BLOCKS || !blocks.every(isBlock)) return 'invalid_blocks';
  return argument.length > LONGEST_BLOCKS ? 'msg_blocks_too_long' : blocks;
}

function isBlock(block: { type?: unknown; text?: unknown; elements?: unknown }): boolean {
  if (block.type === 'section') return isText(block.text);
  if (block.type !== 'context' || !Array.isArray(block.elements)) return false;
  return block.elements.length > 0 && block.elements.length <= MOST_ELEMENTS && block.elements.every(isText);
}

/** https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
function isText(value: unknown): boolean {
  const { type, text, ...rest } = (value ?? {}) as { type?: unknown; text?: unknown };
  if (type !== 'mrkdwn' && type !== 'plain_text') return false;
  const known = type === 'mrkdwn' ? ['verbatim'] : ['emoji'];
  if (!Object.keys(rest).every((field) => known.includes(field))) return false;
  return typeof text === 'string' && text !== '' && text.length <= LONGEST_SECTION;
}
