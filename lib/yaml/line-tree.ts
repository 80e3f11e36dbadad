/** Line numbers of fields as a tree: storing full paths would take quadratic memory for nested fields. */
export interface LineTree {
  /** From 1. */
  line?: number;
  parts?: Map<string, LineTree>;
}

/** The node of the field `name`, created if necessary. */
export function partOf(tree: LineTree, name: string): LineTree {
  tree.parts ??= new Map();
  let part = tree.parts.get(name);
  if (part === undefined) {
    part = {};
    tree.parts.set(name, part);
  }
  return part;
}

/** The line of the field at `path`, or of the nearest enclosing field that has one. */
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
