/** Line breaks (also those of Windows) and tabs are kept. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get to a terminal
const CONTROL = /\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** Untrusted text for a terminal. Control characters are shown as `\x1b` instead of being executed. */
export function visible(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
