/** Options of a command line: `--name VALUE` or `--name`, and what is neither. */
export interface Options {
  values: Record<string, string>;
  rest: string[];
}

/** `flags` are the options without a value. Exit code 2, as for all errors of syntax (source 1). */
export class SyntaxFailure extends Error {}

export function parseOptions(
  args: readonly string[],
  known: readonly string[],
  flags: readonly string[] = [],
): Options {
  const values: Record<string, string> = {};
  const rest: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = String(args[index]);
    const name = argument.replace(/^--?/, '');
    if (!argument.startsWith('-')) rest.push(argument);
    else if (flags.includes(name)) values[name] = '';
    else if (known.includes(name) && index + 1 < args.length) {
      index += 1;
      values[name] = String(args[index]);
    } else throw new SyntaxFailure(`Unknown option: ${argument}`);
  }
  return { values, rest };
}
