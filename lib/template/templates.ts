import { fromBytes, toBytes } from './bytes.ts';
import { TemplateError } from './error.ts';
import { Budget, type Limits } from './execute/budget.ts';
import { Execution } from './execute/execution.ts';
import { FUNCTIONS, type FunctionTable } from './functions/index.ts';
import { parseTemplate } from './parse/parser.ts';
import { isEmptyTree, type Tree } from './parse/tree.ts';
import { quote } from './quote.ts';
import type { Value, Work } from './values/value.ts';

/** Levels counted for a rendering inside of a rendering, by its use of the stack. */
const LEVELS = 10;

/** Templates in a namespace, which can include each other by name. A missing key of a map is an error. */
export class Templates {
  readonly #functions: FunctionTable;
  readonly #trees: Map<string, Tree>;

  constructor(functions: FunctionTable = FUNCTIONS, trees: ReadonlyMap<string, Tree> = new Map()) {
    this.#functions = functions;
    this.#trees = new Map(trees);
  }

  /** A copy of the namespace. */
  copy(): Templates {
    return new Templates(this.#functions, this.#trees);
  }

  has(name: string): boolean {
    return this.#trees.has(toBytes(name));
  }

  /**
   * Adds a template and the templates defined in it. Each replaces one of the same name unless it is empty. Throws
   * TemplateError with Go's message for an invalid template; then none is added.
   */
  parse(name: string, text: string): void {
    const source = { name: toBytes(name), text: toBytes(text) };
    for (const [key, tree] of parseTemplate(source, (word) => this.#functions.has(word))) {
      if (!this.#trees.has(key) || !isEmptyTree(tree)) this.#trees.set(key, tree);
    }
  }

  /**
   * Renders a template for `dot`. Throws TemplateError with Go's message (`template: NAME:LINE:COLUMN: executing "NAME"
   * at <...>: ...`), also when the rendering exceeds `limits`.
   */
  render(name: string, dot: Value, limits?: Readonly<Limits>): string {
    return fromBytes(this.#execution(toBytes(name), new Budget(limits)).renderWhole(dot));
  }

  /** Like `render`, for a rendering inside of another, whose `work` it shares. Names and output are byte strings. */
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
