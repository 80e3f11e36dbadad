/** Says what was seen in place of what should be. */
export class Broken extends Error {}

/** Says why there is nothing to check. */
export class NotApplicable extends Error {}

export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Broken(otherwise);
}

const SHOWN = 200;

/** A value as it is shown in a finding. */
export function shown(value: unknown): string {
  let text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  text = text.trimEnd();
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
