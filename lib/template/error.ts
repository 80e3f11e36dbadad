/** A template is invalid or cannot be rendered. The message is Go's, if Go has one. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  /** The line in the template's text, from 1. Undefined when the error has no line. */
  readonly line: number | undefined;

  constructor(message: string, line?: number, cause?: unknown) {
    super(message, { cause });
    this.line = line;
  }
}
