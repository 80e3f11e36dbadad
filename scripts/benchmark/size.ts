import { stat } from 'node:fs/promises';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';

/** Sizes of the executables. */
export async function size({ executables, others, base }: Bench): Promise<Section> {
  const bytes = async (file: string) => (await stat(file)).size;
  const baseSize = await bytes(base);
  const figures: Figure[] = [{ what: 'bare node', value: baseSize / 1e6, unit: 'MB' }];
  for (const [name, file] of executables) {
    const own = await bytes(file);
    const figure = { what: name, value: own / 1e6, unit: 'MB' };
    figures.push({ ...figure, ratio: { value: own / baseSize, over: 'bare node' } });
    const other = others.get(name);
    if (other === undefined) continue;
    figures.push({ ...figure, ratio: { value: own / (await bytes(other)), over: `other ${name}` } });
  }
  return { title: 'Size', figures, notes: ['MB are 10^6 bytes.'] };
}
