/** A param that is not set, or set to an empty text, is no value; whoever uses a value checks it. */
export function given(params: Readonly<Record<string, unknown>> | null | undefined, name: string): unknown {
  const value = params?.[name];
  return value === '' || value === null ? undefined : value;
}
