import { type Field, type Reading, read } from './field.ts';

/** What was typed into the fields, by their names. */
export type Texts = Readonly<Record<string, string>>;

export interface FormValues {
  values: Record<string, unknown>;
  /** What is wrong, by field. */
  problems: Record<string, string>;
}

/**
 * What the fields give together. `supplied` says for which the endpoint finds a value where none is given, so that a required
 * field may be left empty.
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
