/** Whether `value` is a valid name of a provider or plugin. Both become parts of file names. */
export function isName(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a file name or a log.
  return /^[^/\\\u0000-\u001f\u007f]+$/.test(value) && !value.startsWith('.');
}
