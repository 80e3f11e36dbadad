import { type Field, type Reading, read } from './field.ts';

/** Entered texts by field name. */
export type Texts = Readonly<Record<string, string>>;

export interface FormValues {
  values: Record<string, unknown>;
  /** Errors by field name. */
  problems: Record<string, string>;
}

/**
 * The values of all fields. `supplied` tells for which fields the endpoint has a value, so that a required field may
 * stay empty.
 */
export function valuesOf(
  fields: readonly Field[],
  texts: Texts,
  supplied: (name: string) => boolean,
): FormValues {
  const values: [string, unknown][] = [];
  const problems: [string, string][] = [];
  for (const field of fields) {
    const reading: Reading = read(field, texts[field.name] ?? '');
    if (reading === undefined) {
      if (field.required && !supplied(field.name)) problems.push([field.name, 'Required']);
    } else if ('problem' in reading) problems.push([field.name, reading.problem]);
    else values.push([field.name, reading.value]);
  }
  return { values: Object.fromEntries(values), problems: Object.fromEntries(problems) };
}
