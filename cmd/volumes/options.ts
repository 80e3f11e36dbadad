import { ModelError } from '../../lib/models/index.ts';

/** What may be asked of a volume: `docker volume create --opt KEY=VALUE`. */
export interface VolumeOptions {
  /** The most that it may hold, in bytes. */
  size?: number;
}

const UNITS = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
/** A file system of less has hardly any room besides itself. */
const SMALLEST = 4 * UNITS.M;
/** The largest file of ext4. */
const LARGEST = 16 * UNITS.T;

/** Throws ModelError 400 that names an option which is not known, or whose value is not valid. */
export function optionsOf(given: Readonly<Record<string, unknown>>): VolumeOptions {
  const options: VolumeOptions = {};
  for (const [name, value] of Object.entries(given)) {
    if (name !== 'size') throw wrong(name, 'there is no such option; there is: size');
    options.size = sizeOf(value);
  }
  return options;
}

function sizeOf(value: unknown): number {
  const text = typeof value === 'string' ? value : '';
  const [, digits = '', unit = ''] = /^(\d{1,15})([KMGT]?)(?:i?B)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(digits) * UNITS[unit.toUpperCase() as keyof typeof UNITS];
  if (digits !== '' && bytes >= SMALLEST && bytes <= LARGEST) return bytes;
  const found = JSON.stringify(value)?.slice(0, 100);
  throw wrong('size', `expected a number of bytes from 4M to 16T, as 500M or 1G, found ${found}`);
}

function wrong(option: string, problem: string): ModelError {
  return new ModelError(400, `option ${JSON.stringify(option.slice(0, 100))}: ${problem}`);
}
