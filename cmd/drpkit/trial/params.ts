import { ModelError } from '../../../lib/models/index.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import { parseInput, readText } from '../input.ts';

export const PARAM: Flag = {
  name: 'param',
  value: 'string',
  repeats: true,
  about:
    'A param of the machine, as NAME=VALUE; may be given several times. @FILE as value stands for what is in it',
};

/** The params in flags: JSON or YAML, as in drpcli. Throws ModelError 400. */
export async function givenParams(context: Context): Promise<Record<string, unknown>> {
  const params: Record<string, unknown> = {};
  for (const given of context.list('param')) {
    const at = given.indexOf('=');
    if (at < 1) throw new ModelError(400, `param: expected NAME=VALUE, found ${given}`);
    const [name, text] = [given.slice(0, at), given.slice(at + 1)];
    // Read from a file, so that secrets need not be on the command line.
    params[name] = await parseInput(
      text.startsWith('@') ? await readText(text.slice(1)) : text,
      `param: ${name}`,
    );
  }
  return params;
}
