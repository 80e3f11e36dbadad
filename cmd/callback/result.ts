import { parseJson } from '../../lib/models/index.ts';
import type { Answered } from './caller.ts';
import type { Callback } from './entry.ts';
import { refusal } from './failure.ts';
import { maskedJson } from './secrecy.ts';

/** The action's result for an answer. Throws ModelError 400 when it should be JSON and is not. */
export function resultOf({ name, result }: Callback, { answer, secrets }: Answered): unknown {
  const text = answer.body.toString();
  if (result === 'text') return secrets.mask(text);
  if (result === 'json') {
    try {
      return maskedJson(parseJson(text), secrets);
    } catch {
      throw refusal(
        400,
        `${name}: the answer, of ${answer.body.length} bytes, is not JSON: see JsonResponse`,
      );
    }
  }
  const masked = secrets.mask(text);
  return (masked === text ? answer.body : Buffer.from(masked)).toString('base64');
}
