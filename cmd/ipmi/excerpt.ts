const LONGEST = 200;

/** The start of what a tool printed, which may be millions of bytes, for an error. */
export function excerpt(output: string): string {
  const text = output.trim();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
