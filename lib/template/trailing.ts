/**
 * `text` without the characters `end` at its end. A regular expression such as /0+$/ would try each run of them inside of
 * the text as well, in quadratic time.
 */
export function withoutTrailing(text: string, end: string): string {
  let length = text.length;
  while (length > 0 && text[length - 1] === end) length -= 1;
  return text.slice(0, length);
}
