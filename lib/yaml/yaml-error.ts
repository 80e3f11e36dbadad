/** A YAML text that cannot be read. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly reason: string;
  /** Counted from 1; undefined where there is no single one. */
  readonly line: number | undefined;

  constructor(reason: string, line: number | undefined) {
    super(line === undefined ? reason : `line ${line}: ${reason}`);
    this.reason = reason;
    this.line = line;
  }
}
