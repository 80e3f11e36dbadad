/** The requirement is not met. The message says what was seen. */
export class Broken extends Error {}

/** There is nothing to check. The message says why. */
export class NotApplicable extends Error {}

export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Broken(otherwise);
}

const SHOWN = 200;

/** A value in the form for findings. */
export function shown(value: unknown): string {
  let text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  text = text.trimEnd();
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
