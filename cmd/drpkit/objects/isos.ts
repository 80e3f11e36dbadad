import type { BootEnv } from '../../../lib/api/index.ts';
import { isObject, ModelError } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import { openSource } from '../source.ts';
import type { Kind } from './kinds.ts';
import { prefixOf } from './prefix.ts';

/** For types whose objects customize boot environments, by the param bootenv-customize. */
export function isoCommands(kind: Kind): Command[] {
  return [
    {
      use: 'uploadiso [id]',
      summary: `Download the images that the boot environments of a ${kind.single} need, and upload them`,
      details: 'These are the boot environments in the param bootenv-customize.',
      check: takes([1]),
      async run(context) {
        const about = `${kind.single} ${context.arg(0)}`;
        const path = [prefixOf(kind, context), context.arg(0), 'params', 'bootenv-customize'];
        const query = { aggregate: true, compose: true, decode: true };
        const bootEnvs = await (await context.endpoint()).request({ path, query });
        if (!isObject(bootEnvs)) {
          throw new ModelError(404, `${about} does not require an iso, parameter not set`);
        }
        const all = Object.values(bootEnvs).map((bootEnv) => isosOf(bootEnv as Partial<BootEnv>));
        await uploadIsos(context, about, new Map(all.flatMap((isos) => [...isos])));
      },
    },
  ];
}

/** The ISO images that a boot environment needs, with their URLs if known. */
export function isosOf({ OS }: Partial<BootEnv>): Map<string, string> {
  const all = [OS, ...Object.values(OS?.SupportedArchitectures ?? {})];
  return new Map(
    all.flatMap((from): [string, string][] => (from?.IsoFile ? [[from.IsoFile, from.IsoUrl ?? '']] : [])),
  );
}

/** Uploads the images that the endpoint lacks. Throws ModelError when one fails. */
export async function uploadIsos(context: Context, about: string, needed: ReadonlyMap<string, string>) {
  if (needed.size === 0) throw new ModelError(404, `${about} does not require an iso`);
  const isos = (await context.endpoint()).isos();
  const there = new Set(await isos.list());
  const missing = [...needed].filter(([name]) => !there.has(name));
  if (missing.length === 0) context.note(`${about} already has all required ISO files`);
  const problems: string[] = [];
  for (const [name, url] of missing) {
    try {
      if (url === '')
        throw new ModelError(404, `Unable to automatically download ${name} for ${about}: no IsoUrl`);
      context.note(`${name}: from ${url}`);
      await context.show(await isos.upload(name, await openSource(url)));
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new ModelError(502, problems);
}
