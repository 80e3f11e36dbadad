/**
 * What of this process's environment another program gets to see: all but RS_KEY and RS_TOKEN, by which whoever started this one
 * is known to an endpoint.
 */
export function inheritedEnvironment(): Record<string, string> {
  const { RS_KEY: _, RS_TOKEN: __, ...others } = process.env;
  return Object.fromEntries(
    Object.entries(others).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
