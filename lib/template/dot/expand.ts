import { fromBytes } from '../bytes.ts';
import { TemplateError } from '../error.ts';
import { Templates } from '../templates.ts';
import { Dict, List, type Value, type Work } from '../values/value.ts';
import { MethodError } from './members.ts';

/** Renders the strings in a value as templates, also inside of lists and maps. Throws MethodError. */
export function expand(work: Work, value: Value, dot: Value, what: string): Value {
  work.step();
  return work.nested(() => {
    if (typeof value === 'string') return expandText(work, value, dot, what);
    if (value instanceof List)
      return new List(
        value.items.map((item) => expand(work, item, dot, what)),
        value.type,
      );
    if (!(value instanceof Dict)) return value;
    const entries = [...value.entries].map(([key, item]) => [key, expand(work, item, dot, what)] as const);
    return new Dict(new Map(entries), value.type);
  });
}

/** Renders a byte string. `what` names it in errors: `parameter NAME`. */
export function expandText(work: Work, text: string, dot: Value, what: string): string {
  if (!text.includes('{{')) return text;
  const templates = new Templates();
  attempt(`Error compiling ${what}`, () => templates.parse('machine', fromBytes(text)));
  return attempt(`Error rendering ${what}`, () => templates.renderBytes('machine', dot, work));
}

export function attempt<Result>(problem: string, does: () => Result): Result {
  try {
    return does();
  } catch (error) {
    if (error instanceof TemplateError) throw new MethodError(`${problem}: ${error.message}`);
    throw error;
  }
}
