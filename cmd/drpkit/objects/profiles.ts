import type { RawModel } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import { changeObject } from './change.ts';
import type { Kind } from './kinds.ts';
import { prefixOf } from './prefix.ts';

export function profileCommands(kind: Kind): Command[] {
  const command = (
    use: string,
    summary: string,
    change: (profiles: readonly unknown[], name: string) => unknown[],
  ): Command => ({
    use,
    summary,
    check: takes([2]),
    async run(context) {
      const [key = '', name = ''] = context.args;
      await changeObject(context, prefixOf(kind, context), key, (object) => ({
        ...object,
        Profiles: change(profilesOf(object), name),
      }));
    },
  });
  return [
    command('addprofile [id] [profile]', `Add a profile to those of a ${kind.single}`, (profiles, name) => [
      ...profiles,
      name,
    ]),
    command(
      'removeprofile [id] [profile]',
      `Take a profile away from those of a ${kind.single}`,
      (profiles, name) => profiles.filter((profile) => profile !== name),
    ),
  ];
}

function profilesOf({ Profiles }: RawModel): readonly unknown[] {
  return Array.isArray(Profiles) ? Profiles : [];
}
