import { type BootFlags, readBootFlags } from '../commands/boot-flags.ts';

/** Parses the output of `chassis bootparam get 5`; undefined when it has no data. */
export function parseBootFlags(text: string): BootFlags | undefined {
  const data = /^Boot parameter data: ([0-9a-f]{10})$/im.exec(text)?.[1];
  return data === undefined ? undefined : readBootFlags(Buffer.from(data, 'hex'));
}
