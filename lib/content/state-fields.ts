import type { ContentObject } from './bundle.ts';

/** Fields in which the endpoint keeps its own state of an object. */
export const STATE_FIELDS = ['Available', 'Bundle', 'Endpoint', 'Errors', 'ReadOnly', 'Validated'] as const;

/** Those of them that an author may set as well. */
const AUTHORED = ['Endpoint', 'ReadOnly'];

/**
 * The object without what an endpoint or drpcli filled into it. `ReadOnly` and `Endpoint` stay when they say something and
 * the object does not come from an endpoint, which sets them itself.
 */
export function withoutState(object: ContentObject): ContentObject {
  const fromEndpoint = object.Validated === true || object.Available === true;
  const filled = STATE_FIELDS.filter((field) => {
    return fromEndpoint || !AUTHORED.includes(field) || !object[field];
  });
  return Object.fromEntries(
    Object.entries(object).filter(([field]) => !filled.some((other) => other === field)),
  );
}
