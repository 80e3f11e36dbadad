/** The level of a result that is JSON. */
export const JSON_LEVEL = 20;

const END = '\n:::\n';
/** coreX reads its plugins' output in pieces of this many bytes, and looks for the end of a block in each piece. */
const PIECE_BYTES = 32 * 1024;

/**
 * A result as coreX reads it: `20:::`, the JSON, a newline, and `\n:::\n`. coreX misses an end of which the first 2 to 4
 * bytes are the last ones of a piece that it reads; blanks behind the JSON keep it away from there.
 */
export function resultFrame(json: string): string {
  const start = `${JSON_LEVEL}:::${json}`;
  const inLastPiece = PIECE_BYTES - ((Buffer.byteLength(start) + 1) % PIECE_BYTES);
  const padding = inLastPiece >= 2 && inLastPiece <= 4 ? ' '.repeat(inLastPiece) : '';
  return `${start}${padding}\n${END}`;
}
