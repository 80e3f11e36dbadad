import { TemplateError } from './error.ts';
import { Templates } from './templates.ts';

/**
 * Whether dr-provision can parse a template. Returns undefined or the error, with the message of Go's text/template
 * (`template: NAME:LINE: unclosed action`). Included templates need not exist.
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
