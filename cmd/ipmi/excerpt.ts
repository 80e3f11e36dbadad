import type { Secrets } from '../../lib/models/index.ts';

const LONGEST = 200;
/** Enough that no secret is cut in two at the end of what is shown. */
const LOOKED_AT = 64 * 1024;

/** The start of what a tool printed, which may be millions of bytes, for an error. */
export function excerpt(output: string, secrets: Secrets): string {
  const text = secrets.mask(output.slice(0, LOOKED_AT)).trim();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
