/** A YAML text that cannot be parsed. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly reason: string;
  /** From 1; undefined when there is no single line. */
  readonly line: number | undefined;

  constructor(reason: string, line: number | undefined) {
    super(line === undefined ? reason : `line ${line}: ${reason}`);
    this.reason = reason;
    this.line = line;
  }
}
