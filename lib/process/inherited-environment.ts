/**
 * The environment for another program: that of this process without RS_KEY and RS_TOKEN, the credentials of whoever
 * started it.
 */
export function inheritedEnvironment(): Record<string, string> {
  const { RS_KEY: _, RS_TOKEN: __, ...others } = process.env;
  return Object.fromEntries(
    Object.entries(others).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
