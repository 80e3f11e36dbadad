import { UUID } from '../../../lib/models/index.ts';

/** What boards have whose maker gave them no UUID: all bits alike, or what American Megatrends' firmware comes with. */
const NONE = /^(0+|f+|03000200040005000006000700080009)$/;

/** A UUID in lower case; undefined when `text` is not a UUID, or is one that many boards share. */
export function usableUuid(text: string | undefined): { uuid?: string } {
  const uuid = text?.toLowerCase() ?? '';
  return UUID.test(uuid) && !NONE.test(uuid.replaceAll('-', '')) ? { uuid } : {};
}
