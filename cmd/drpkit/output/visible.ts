/** Lines and tabs stay; a line's end of Windows is one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get to a terminal
const CONTROL = /\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** A text from elsewhere for a terminal: what would move its cursor or hide what stands there is shown, as `\x1b`. */
export function visible(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
