import { ModelError } from '../../lib/models/index.ts';

/** The provider's name, which appears in its errors and log lines. */
export const PROVIDER = 'callback';

/** Model, key and type of this plugin's errors. */
export const ABOUT = { model: 'plugin', key: PROVIDER, type: 'plugin' } as const;

/** An error of this plugin. Its code is never 403, with which `config` would remove the provider. */
export function refusal(code: number, messages: string | readonly string[], cause?: unknown): ModelError {
  return new ModelError(code, messages, { ...ABOUT, cause });
}

/** The messages of a thrown value. */
export function messagesOf(error: unknown): string[] {
  if (error instanceof ModelError && error.messages.length > 0) return [...error.messages];
  return [error instanceof Error ? error.message : String(error)];
}
