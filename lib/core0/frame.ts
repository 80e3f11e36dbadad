/** The level of JSON results. */
export const JSON_LEVEL = 20;

const END = '\n:::\n';
/** coreX reads output in pieces of this many bytes, and searches each piece for the end of a block. */
const PIECE_BYTES = 32 * 1024;

/**
 * A result in coreX's format: `20:::`, the JSON, a newline, and `\n:::\n`. coreX misses an end whose first 2 to 4 bytes
 * are the last ones of a piece; blanks after the JSON avoid that.
 */
export function resultFrame(json: string): string {
  const start = `${JSON_LEVEL}:::${json}`;
  const inLastPiece = PIECE_BYTES - ((Buffer.byteLength(start) + 1) % PIECE_BYTES);
  const padding = inLastPiece >= 2 && inLastPiece <= 4 ? ' '.repeat(inLastPiece) : '';
  return `${start}${padding}\n${END}`;
}
