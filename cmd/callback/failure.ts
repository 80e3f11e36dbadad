import { ModelError } from '../../lib/models/index.ts';

/** The name of the provider, by which its errors and log lines are known. */
export const PROVIDER = 'callback';

/** What an error of this plugin says that it is about. */
export const ABOUT = { model: 'plugin', key: PROVIDER, type: 'plugin' } as const;

/** An error of this plugin. Never of code 403 from config: that would remove the provider. */
export function refusal(code: number, messages: string | readonly string[], cause?: unknown): ModelError {
  return new ModelError(code, messages, { ...ABOUT, cause });
}

/** The messages of what was thrown. */
export function messagesOf(error: unknown): string[] {
  if (error instanceof ModelError && error.messages.length > 0) return [...error.messages];
  return [error instanceof Error ? error.message : String(error)];
}
