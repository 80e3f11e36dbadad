import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../../../lib/models/index.ts';

/** The source of a provider. */
export interface ProviderSource {
  /** The project's folder. */
  folder: string;
  name: string;
}

/**
 * The provider `cmd/NAME` of the project in `folder`: `name`, or the only one. Throws ModelError 400 when there is
 * none, or several and no `name`.
 */
export function providerIn(folder: string, name: string | undefined): ProviderSource {
  const commands = existsSync(join(folder, 'cmd')) ? readdirSync(join(folder, 'cmd')) : [];
  const names = commands.filter((other) => existsSync(join(folder, 'cmd', other, 'plugin.ts')));
  const [first, second] = names;
  if (first === undefined) {
    throw new ModelError(
      400,
      'No provider is here (cmd/NAME/plugin.ts): this is for the folder of a project, as drpkit new makes it',
    );
  }
  if (name === undefined && second !== undefined)
    throw new ModelError(400, `Which of them: ${names.join(', ')}?`);
  if (name !== undefined && !names.includes(name))
    throw new ModelError(400, `No provider ${name} is here; there are: ${names.join(', ')}`);
  return { folder, name: name ?? first };
}
