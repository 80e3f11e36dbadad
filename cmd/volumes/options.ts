import { ModelError } from '../../lib/models/index.ts';

/** Options of a volume: `docker volume create --opt KEY=VALUE`. */
export interface VolumeOptions {
  /** Limit for its content in bytes. */
  size?: number;
}

const UNITS = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
/** A smaller file system would have hardly any free space. */
const SMALLEST = 4 * UNITS.M;
/** Largest file in ext4. */
const LARGEST = 16 * UNITS.T;

/** Throws ModelError 400 that names an unknown option or an invalid value. */
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
