import type { ContentObject } from './bundle.ts';

/** Fields in which the endpoint keeps the state of an object. */
export const STATE_FIELDS = ['Available', 'Bundle', 'Endpoint', 'Errors', 'ReadOnly', 'Validated'] as const;

/** State fields that authors may also set. */
const AUTHORED = ['Endpoint', 'ReadOnly'];

/**
 * The object without fields filled in by an endpoint or drpcli. `ReadOnly` and `Endpoint` are kept when they are set
 * and the object does not come from an endpoint, which sets them itself.
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
