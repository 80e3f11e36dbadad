import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { runeBytes, runesOf } from '../bytes.ts';
import { type Callable, FunctionError, Int } from '../values/value.ts';
import { type Functions, fn, heavy } from './define.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

/** Functions with random results. */
export const CHANCE: Functions = {
  uuidv4: fn([], 'string', () => randomUUID()),
  randAlpha: characters(LETTERS),
  randAlphaNum: characters(LETTERS + DIGITS),
  randNumeric: characters(DIGITS),
  randAscii: characters(ASCII),
  randBytes: heavy(['int'], 'string', (work, count) => {
    if (count < 0) throw new FunctionError('runtime error: makeslice: len out of range');
    work.make(count * 2);
    return randomBytes(count).toString('base64');
  }),
  randInt: fn(['int', 'int'], 'int', (least, end) => {
    if (end <= least) throw new FunctionError('invalid argument to Intn');
    const width = end - least;
    // randomInt supports ranges of up to 48 bits.
    return new Int(least + (width < 2 ** 48 ? randomInt(width) : Math.floor(Math.random() * width)));
  }),
  shuffle: fn(['string'], 'string', (text) => {
    const runes = runesOf(text);
    for (let last = runes.length - 1; last > 0; last--) {
      const other = randomInt(last + 1);
      [runes[last], runes[other]] = [runes[other] ?? 0, runes[last] ?? 0];
    }
    return runes.map(runeBytes).join('');
  }),
};

function characters(from: string): Callable {
  return heavy(['int'], 'string', (work, count) => {
    if (count <= 0) return '';
    work.make(count);
    work.step(count);
    return Array.from({ length: count }, () => from[randomInt(from.length)]).join('');
  });
}
