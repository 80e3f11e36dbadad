import { TemplateError } from './error.ts';
import { Templates } from './templates.ts';

/**
 * Whether dr-provision can parse `text`, a template of that name. Returns the error, with the words of Go's text/template
 * (`template: NAME:LINE: unclosed action`), or undefined. Templates that `text` includes need not be there.
 */
export function checkTemplate(name: string, text: string): TemplateError | undefined {
  try {
    new Templates().parse(name, text);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}
