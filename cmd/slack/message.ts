/** Arguments of chat.postMessage besides the channel: https://docs.slack.dev/reference/methods/chat.postMessage */
export interface Message {
  /** The text of the message; with `blocks`, the text of its notification. */
  text: string;
  blocks?: Block[];
  /** False: Slack does not parse markup in `text`. */
  mrkdwn?: boolean;
}

/** https://docs.slack.dev/reference/block-kit/blocks */
export type Block = { type: 'section'; text: TextObject } | { type: 'context'; elements: TextObject[] };

/** https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
export interface TextObject {
  type: 'mrkdwn';
  text: string;
  /** True: Slack makes no links of channel names and addresses. */
  verbatim: true;
}

/** Slack cuts longer texts (https://docs.slack.dev/reference/methods/chat.postMessage#truncating). */
export const LONGEST_TEXT = 40_000;
/** Longest text of a section: https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const LONGEST_SECTION = 3000;

export function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

export function context(text: string): Block {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] };
}
