/**
 * The lines of the fields in a text, as a tree of them: paths as texts would take memory by the square of how deep
 * fields are.
 */
export interface LineTree {
  /** Counted from 1. */
  line?: number;
  parts?: Map<string, LineTree>;
}

/** The field `name` of `tree`, which it has from now on. */
export function partOf(tree: LineTree, name: string): LineTree {
  tree.parts ??= new Map();
  let part = tree.parts.get(name);
  if (part === undefined) {
    part = {};
    tree.parts.set(name, part);
  }
  return part;
}

/** The line of the field at `path`, or of the closest field around it that has one. */
export function closestLine(tree: LineTree, path: readonly string[]): number | undefined {
  let line: number | undefined;
  let part: LineTree | undefined = tree;
  for (const name of path) {
    part = part.parts?.get(name);
    if (part === undefined) return line;
    line = part.line ?? line;
  }
  return line;
}
