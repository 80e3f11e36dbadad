import type { Command } from '../command.ts';
import { changing, textsOf } from './change.ts';
import type { Kind } from './kinds.ts';

export function profileCommands(kind: Kind): Command[] {
  return [
    changing(
      kind,
      { use: 'addprofile [id] [profile]', summary: `Add a profile to those of a ${kind.single}` },
      (object, [name = '']) => ({ ...object, Profiles: [...textsOf(object.Profiles), name] }),
    ),
    changing(
      kind,
      { use: 'removeprofile [id] [profile]', summary: `Take a profile away from those of a ${kind.single}` },
      (object, [name]) => ({
        ...object,
        Profiles: textsOf(object.Profiles).filter((profile) => profile !== name),
      }),
    ),
  ];
}
