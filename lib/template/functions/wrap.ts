import type { Work } from '../values/value.ts';

/**
 * Wraps a text at blanks into lines of at most `width` bytes, as the package goutils does. Longer words are kept whole,
 * or split with `breaksWords`.
 */
export function wrap(work: Work, text: string, width: number, mark: string, breaksWords: boolean): string {
  const most = Math.max(width, 1);
  const end = mark === '' ? '\n' : mark;
  let wrapped = '';
  let at = 0;
  while (text.length - at > most) {
    work.step();
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const blank = text.slice(at, at + most + 1).lastIndexOf(' ');
    const next = blank === -1 && !breaksWords ? text.indexOf(' ', at + most) : -1;
    if (blank === -1 && !breaksWords && next === -1) break;
    const stop = blank === -1 ? (breaksWords ? at + most : next) : at + blank;
    work.make(end.length + stop - at);
    wrapped += text.slice(at, stop) + end;
    at = blank === -1 && breaksWords ? stop : stop + 1;
  }
  return wrapped + text.slice(at);
}
