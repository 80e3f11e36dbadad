/** The value of a param; undefined when it is not set or an empty string. The caller checks its type. */
export function paramValue(
  params: Readonly<Record<string, unknown>> | null | undefined,
  name: string,
): unknown {
  const value = params?.[name];
  return value === '' || value === null ? undefined : value;
}
