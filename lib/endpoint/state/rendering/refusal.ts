import { ModelError } from '../../../models/index.ts';

/**
 * The error for a failed rendering that involved secrets. `masked` renders the same with placeholders for them: a
 * message that is the same then does not depend on a secret and is shown. Of other messages only the position is shown.
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

/** The position at the start of a message (`template: NAME:LINE:COLUMN`). */
function placeOf(message: string): string {
  const [place = 'A template cannot be rendered'] = /template: [^:]*(?::\d+)+/.exec(message) ?? [];
  return place;
}
