import { fromBytes, toBytes } from './bytes.ts';
import { TemplateError } from './error.ts';
import { Budget, type Limits } from './execute/budget.ts';
import { Execution } from './execute/execution.ts';
import { FUNCTIONS, type FunctionTable } from './functions/index.ts';
import { parseTemplate } from './parse/parser.ts';
import { isEmptyTree, type Tree } from './parse/tree.ts';
import { quote } from './quote.ts';
import type { Value, Work } from './values/value.ts';

/** How much of the stack a rendering in a rendering takes. */
const LEVELS = 10;

/** Templates in one namespace, which can include each other by name. Missing keys of maps are errors. */
export class Templates {
  readonly #functions: FunctionTable;
  readonly #trees: Map<string, Tree>;

  constructor(functions: FunctionTable = FUNCTIONS, trees: ReadonlyMap<string, Tree> = new Map()) {
    this.#functions = functions;
    this.#trees = new Map(trees);
  }

  /** A namespace of its own with the same templates. */
  copy(): Templates {
    return new Templates(this.#functions, this.#trees);
  }

  has(name: string): boolean {
    return this.#trees.has(toBytes(name));
  }

  /**
   * Adds the template, and those that it defines inside; each takes the place of one of that name, unless it is empty.
   * Throws TemplateError, with Go's words, for one that is not valid; then none is added.
   */
  parse(name: string, text: string): void {
    const source = { name: toBytes(name), text: toBytes(text) };
    for (const [key, tree] of parseTemplate(source, (word) => this.#functions.has(word))) {
      if (!this.#trees.has(key) || !isEmptyTree(tree)) this.#trees.set(key, tree);
    }
  }

  /**
   * The output of a template for `dot`. Throws TemplateError with Go's words (`template: NAME:LINE:COLUMN: executing
   * "NAME" at <...>: ...`), also where the rendering exceeds `limits`.
   */
  render(name: string, dot: Value, limits?: Readonly<Limits>): string {
    return fromBytes(this.#execution(toBytes(name), new Budget(limits)).renderWhole(dot));
  }

  /** As `render`, for a rendering inside of another one, whose work goes on. Names and output are byte strings. */
  renderBytes(name: string, dot: Value, work: Work): string {
    return work.nested(() => this.#execution(name, work).render(dot), LEVELS);
  }

  #execution(name: string, work: Work): Execution {
    const tree = this.#trees.get(name);
    if (tree === undefined)
      throw new TemplateError(fromBytes(`template: no template ${quote(name)} associated with template ""`));
    return new Execution(tree, {
      template: (other) => this.#trees.get(other),
      function: (other) => this.#functions.get(other),
      work,
    });
  }
}
