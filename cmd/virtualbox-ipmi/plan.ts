import { checkName, checkSize } from './checks.ts';
import type { VmPlan } from './make.ts';

/** For endpoints that do not fill in defaults of params. Same values as in the content pack. */
const DEFAULTS = {
  'virtualbox/cpus': 2,
  'virtualbox/mem-size-mb': 2048,
  'virtualbox/vram-size-mb': 128,
  'virtualbox/disk-size-mb': 20_480,
} as const;

/** Params with the size of a VM. */
export const SIZE_PARAMS = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];

/** The VM specification in a machine's name and params. Throws ModelError 400 that names the param. */
export function planOf(
  name: string,
  params: Readonly<Record<string, unknown>>,
  folder: string | undefined,
): VmPlan {
  const size = (param: keyof typeof DEFAULTS, least = 1) =>
    checkSize(params[param] ?? DEFAULTS[param], param, least);
  return {
    name: checkName(name, 'Name'),
    cpus: size('virtualbox/cpus'),
    memoryMb: size('virtualbox/mem-size-mb'),
    videoMemoryMb: size('virtualbox/vram-size-mb', 0),
    diskMb: size('virtualbox/disk-size-mb'),
    folder,
  };
}
