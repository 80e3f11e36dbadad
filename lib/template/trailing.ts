/**
 * `text` without the trailing characters `end`. A regular expression such as /0+$/ takes quadratic time, since it tries
 * every run inside of the text.
 */
export function withoutTrailing(text: string, end: string): string {
  let length = text.length;
  while (length > 0 && text[length - 1] === end) length -= 1;
  return text.slice(0, length);
}
