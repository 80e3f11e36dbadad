import { UUID } from '../../../lib/models/index.ts';

/** UUIDs of boards without one: all bits equal, or the default of American Megatrends' firmware. */
const NONE = /^(0+|f+|03000200040005000006000700080009)$/;

/** A UUID in lower case; undefined when `text` is not a UUID or is shared by many boards. */
export function usableUuid(text: string | undefined): { uuid?: string } {
  const uuid = text?.toLowerCase() ?? '';
  return UUID.test(uuid) && !NONE.test(uuid.replaceAll('-', '')) ? { uuid } : {};
}
