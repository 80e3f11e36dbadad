import { toBytes } from './bytes.ts';
import { TemplateError } from './error.ts';
import { FUNCTION_NAMES } from './function-names.ts';
import { parseTemplate } from './parse/parser.ts';

/**
 * Whether dr-provision can parse `text`, a template of that name. Returns the error, with the words of Go's text/template
 * (`template: NAME:LINE: unclosed action`), or undefined. Templates that `text` includes need not be there.
 */
export function checkTemplate(name: string, text: string): TemplateError | undefined {
  try {
    parseTemplate({ name: toBytes(name), text: toBytes(text) }, (word) => FUNCTION_NAMES.has(word));
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}
