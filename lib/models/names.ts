// The rules of the Go package (`models.ValidName` and others), written so that matching takes linear time.

/** The pattern of a kind of name. */
export interface NamePattern {
  test(name: string): boolean;
}

/** The name of most objects: a letter, then letters, digits, blanks and `_.-`; two characters at least. */
export const NAME = made(() => /^\p{L}[\p{L}\p{N} _.-]+$/u);

/** The name of a machine, or the ID of a template, which may begin with a digit. */
export const NUMBER_NAME = made(() => /^[\p{L}\p{N}][\p{L}\p{N} _.-]+$/u);

/** The name of a param, which may have slashes. */
export const PARAM_NAME = made(() => /^\p{L}[\p{L}\p{N} _./-]+$/u);

/** Compiles the pattern at first use: the Unicode classes take as long as 5 % of a start of Node.js. */
function made(make: () => RegExp): NamePattern {
  let pattern: RegExp | undefined;
  return {
    test(name) {
      pattern ??= make();
      return pattern.test(name);
    },
  };
}
