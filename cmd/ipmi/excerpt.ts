import type { Secrets } from '../../lib/models/index.ts';

const LONGEST = 200;
/** How many characters are masked before the cut. More than the excerpt, so that a secret at its end is found whole. */
const LOOKED_AT = 64 * 1024;

/** The start of a tool's output, for an error. The output may have millions of bytes. */
export function excerpt(output: string, secrets: Secrets): string {
  const text = secrets.mask(output.slice(0, LOOKED_AT)).trim();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
