/** A template that is not valid, or cannot be rendered. The message is Go's, where Go has one. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  /** The line in the template's text, from 1. Undefined where the error is about no line. */
  readonly line: number | undefined;

  constructor(message: string, line?: number, cause?: unknown) {
    super(message, { cause });
    this.line = line;
  }
}
