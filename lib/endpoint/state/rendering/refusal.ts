import { ModelError } from '../../../models/index.ts';

/**
 * What may be told of a rendering that failed with secrets in it. `masked` renders the same with stand-ins for them: what
 * that says does not depend on a secret and is told as it is. Of what it does not say, only the place is told.
 */
export function renderingRefusal(failure: ModelError, masked: () => unknown): ModelError {
  const harmless = messagesOf(masked);
  const told = new Set(harmless.map(placeOf));
  const hidden = failure.messages
    .filter((message) => !harmless.includes(message) && !told.has(placeOf(message)))
    .map((message) => `${placeOf(message)}: the reason is not shown: it depends on a secret`);
  const { code, model, key, type } = failure;
  return new ModelError(code, [...harmless, ...hidden], { model, key, type });
}

function messagesOf(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof ModelError) return error.messages;
    throw error;
  }
}

/** The template and the place in it that a message begins with (`template: NAME:LINE:COLUMN`). */
function placeOf(message: string): string {
  const [place = 'A template cannot be rendered'] = /template: [^:]*(?::\d+)+/.exec(message) ?? [];
  return place;
}
