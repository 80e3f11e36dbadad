import { fromBytes } from '../bytes.ts';
import { TemplateError } from '../error.ts';
import { quote, unquote } from '../quote.ts';
import { Lexer } from './lexer.ts';
import { nodeText } from './node-text.ts';
import { readNumber } from './number.ts';
import { type Token, type TokenKind, tokenText } from './token.ts';
import {
  type BranchNode,
  type CommandNode,
  isEmptyTree,
  type OperandNode,
  type PipeNode,
  type Source,
  type StatementNode,
  type Tree,
  type VariableNode,
} from './tree.ts';

/** Nesting limit of blocks and parentheses. Go has none, but a larger stack. */
const NESTING_LIMIT = 500;

/** The token that ends a list of statements. */
type Terminator = Token & { readonly kind: 'end' | 'else' };

/** State shared by the parsers of one text. */
interface Parsing {
  readonly source: Source;
  readonly lexer: Lexer;
  readonly isFunction: (name: string) => boolean;
  readonly trees: Map<string, Tree>;
  depth: number;
}

/**
 * Parses a template and the templates defined in it. `source` has byte strings. Returns templates by name. Throws
 * TemplateError with Go's message, `template: NAME:LINE: ...`, for an invalid template, and for a function unknown to
 * `isFunction`.
 */
export function parseTemplate(
  source: Source,
  isFunction: (name: string) => boolean,
): ReadonlyMap<string, Tree> {
  const parsing = { source, lexer: new Lexer(source.text), isFunction, trees: new Map(), depth: 0 };
  new TreeParser(parsing).parseText();
  return parsing.trees;
}

/** Parses one template: the whole text, or a part between `define` or `block` and `end`. */
class TreeParser {
  readonly #parsing: Parsing;
  /** Tokens that were put back, the next one last. */
  readonly #pending: Token[] = [];
  #lastRead: Token | undefined;
  #variables = ['$'];
  #actionLine = 0;
  #loops = 0;

  constructor(parsing: Parsing) {
    this.#parsing = parsing;
  }

  parseText(): void {
    const { source } = this.#parsing;
    const nodes: StatementNode[] = [];
    while (this.#peek().kind !== 'end of text') {
      const first = this.#next();
      if (first.kind === 'left delimiter') {
        const second = this.#nextNonSpace();
        if (second.kind === 'define') {
          new TreeParser(this.#parsing).#parseDefinition();
          continue;
        }
        this.#pending.push(second);
      }
      this.#pending.push(first);
      const node = this.#statement();
      if (isTerminator(node)) this.#fail(`unexpected ${terminatorText(node)}`);
      nodes.push(node);
    }
    this.#add({ name: source.name, source, nodes });
  }

  #parseDefinition(): void {
    const context = 'define clause';
    const name = this.#templateName(this.#nextNonSpace(), context);
    this.#expect('right delimiter', context);
    this.#parseBody(name, context, this);
  }

  /** Parses up to `end`. `outer` reports another end. */
  #parseBody(name: string, context: string, outer: TreeParser): void {
    const { nodes, terminator } = this.#statements();
    if (terminator.kind !== 'end') outer.#fail(`unexpected ${terminatorText(terminator)} in ${context}`);
    this.#add({ name, source: this.#parsing.source, nodes });
  }

  #add(tree: Tree): void {
    const { trees } = this.#parsing;
    const there = trees.get(tree.name);
    if (there === undefined || isEmptyTree(there)) trees.set(tree.name, tree);
    else if (!isEmptyTree(tree)) this.#fail(`template: multiple definition of template ${quote(tree.name)}`);
  }

  #statements(): { nodes: StatementNode[]; terminator: Terminator } {
    return this.#nested(() => {
      const nodes: StatementNode[] = [];
      while (this.#peekNonSpace().kind !== 'end of text') {
        const node = this.#statement();
        if (isTerminator(node)) return { nodes, terminator: node };
        nodes.push(node);
      }
      return this.#fail('unexpected EOF');
    });
  }

  #statement(): StatementNode | Terminator {
    const token = this.#nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.value };
    if (token.kind !== 'left delimiter') return this.#unexpected(token, 'input');
    this.#actionLine = token.line;
    const node = this.#action();
    this.#actionLine = 0;
    return node;
  }

  #action(): StatementNode | Terminator {
    const token = this.#nextNonSpace();
    const { kind, at } = token;
    switch (kind) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue': {
        const right = this.#nextNonSpace();
        if (right.kind !== 'right delimiter') this.#unexpected(right, `{{${kind}}}`);
        if (this.#loops === 0) this.#fail(`{{${kind}}} outside {{range}}`);
        return { kind, at };
      }
      case 'else':
        // A following `if` is read by the enclosing branch.
        if (this.#peekNonSpace().kind !== 'if') this.#expect('right delimiter', 'else');
        return { ...token, kind };
      case 'end':
        this.#expect('right delimiter', 'end');
        return { ...token, kind };
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(kind);
      case 'template':
        return this.#template();
      default:
        this.#pending.push(token);
        return { kind: 'action', at, pipe: this.#pipe('command', 'right delimiter') };
    }
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const visible = this.#variables.length;
    const pipe = this.#pipe(kind, 'right delimiter');
    if (kind === 'range') this.#loops++;
    const { nodes: list, terminator } = this.#statements();
    if (kind === 'range') this.#loops--;
    const otherwise = terminator.kind === 'else' ? this.#otherwise(kind) : undefined;
    this.#variables.length = visible;
    return { kind, at: pipe.at, pipe, list, otherwise };
  }

  #otherwise(kind: BranchNode['kind']): StatementNode[] {
    if (kind === 'if' && this.#peek().kind === 'if') {
      this.#next();
      return this.#nested(() => [this.#branch('if')]);
    }
    const { nodes, terminator } = this.#statements();
    if (terminator.kind !== 'end') this.#fail(`expected end; found ${terminatorText(terminator)}`);
    return nodes;
  }

  #block(): StatementNode {
    const context = 'block clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipe(context, 'right delimiter');
    new TreeParser(this.#parsing).#parseBody(name, context, this);
    return { kind: 'template', at: token.at, name, pipe };
  }

  #template(): StatementNode {
    const context = 'template clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const next = this.#nextNonSpace();
    if (next.kind === 'right delimiter') return { kind: 'template', at: token.at, name };
    this.#pending.push(next);
    return { kind: 'template', at: token.at, name, pipe: this.#pipe(context, 'right delimiter') };
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw string') return this.#unexpected(token, context);
    return this.#unquoted(token);
  }

  #unquoted({ value }: Token): string {
    return unquote(value) ?? this.#fail('invalid syntax');
  }

  #pipe(context: string, end: TokenKind): PipeNode {
    const { at } = this.#peekNonSpace();
    const { variables, assigns } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.kind === end) break;
      if (!BEGINS_OPERAND.has(token.kind)) this.#unexpected(token, context);
      this.#pending.push(token);
      commands.push(this.#command());
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    for (const [index, { operands }] of commands.entries()) {
      if (index > 0 && CONSTANTS.has(operands[0].kind))
        this.#fail(`non executable command in pipeline stage ${index + 1}`);
    }
    return { kind: 'pipe', at, variables, assigns, commands };
  }

  /** Reads `$x :=`, `$x =`, or in a `range` `$i, $x :=`. A variable that begins a command is put back. */
  #declarations(context: string): { variables: VariableNode[]; assigns: boolean } {
    const variables: VariableNode[] = [];
    for (;;) {
      const token = this.#peekNonSpace();
      if (token.kind !== 'variable') return { variables, assigns: false };
      this.#next();
      const after = this.#peek();
      const next = this.#peekNonSpace();
      const comma = next.kind === 'other' && next.value === ',';
      if (next.kind !== 'assign' && next.kind !== 'declare' && !comma) {
        // The space ends the operand, so it is put back as well.
        if (after.kind === 'space') this.#pending.push(after);
        this.#pending.push(token);
        return { variables, assigns: false };
      }
      this.#nextNonSpace();
      variables.push(variableNode(token.value, token.at));
      this.#variables.push(token.value);
      if (!comma) return { variables, assigns: next.kind === 'assign' };
      if (context !== 'range' || variables.length > 1) this.#fail(`too many declarations in ${context}`);
      if (!['variable', 'right delimiter', 'right parenthesis'].includes(this.#peekNonSpace().kind))
        this.#fail('range can only initialize variables');
    }
  }

  #command(): CommandNode {
    const { at } = this.#peekNonSpace();
    const operands: OperandNode[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) operands.push(operand);
      const token = this.#next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right delimiter' || token.kind === 'right parenthesis') this.#pending.push(token);
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    const [first, ...others] = operands;
    if (first === undefined) return this.#fail('empty command');
    return { kind: 'command', at, operands: [first, ...others] };
  }

  /** A term with its fields; undefined when the next token does not begin one. */
  #operand(): OperandNode | undefined {
    const term = this.#term();
    if (term === undefined) return undefined;
    const { at } = this.#peek();
    const fields: string[] = [];
    while (this.#peek().kind === 'field') fields.push(this.#next().value.slice(1));
    if (fields.length === 0) return term;
    switch (term.kind) {
      case 'field':
      case 'variable':
        return { ...term, at, fields: [...term.fields, ...fields] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${quote(nodeText(term))}`);
      default:
        return { kind: 'chain', at, operand: term, fields };
    }
  }

  #term(): OperandNode | undefined {
    const token = this.#nextNonSpace();
    const { kind, value, at } = token;
    switch (kind) {
      case 'identifier':
        if (!this.#parsing.isFunction(value)) this.#fail(`function ${quote(value)} not defined`);
        return { kind, at, name: value };
      case 'dot':
      case 'nil':
        return { kind, at };
      case 'variable':
        if (!this.#variables.includes(value)) this.#fail(`undefined variable ${quote(value)}`);
        return variableNode(value, at);
      case 'field':
        return { kind, at, fields: [value.slice(1)] };
      case 'bool':
        return { kind, at, value: value === 'true' };
      case 'character':
      case 'complex':
      case 'number': {
        const number = readNumber(value, kind);
        return typeof number === 'string' ? this.#fail(number) : { kind: 'number', at, number };
      }
      case 'left parenthesis':
        return this.#nested(() => this.#pipe('parenthesized pipeline', 'right parenthesis'));
      case 'string':
      case 'raw string':
        return { kind: 'string', at, literal: value, text: this.#unquoted(token) };
      default:
        this.#pending.push(token);
        return undefined;
    }
  }

  #nested<Result>(parse: () => Result): Result {
    this.#parsing.depth++;
    if (this.#parsing.depth > NESTING_LIMIT) {
      this.#peek();
      this.#fail(`more than ${NESTING_LIMIT} levels of nesting`);
    }
    const result = parse();
    this.#parsing.depth--;
    return result;
  }

  #next(): Token {
    const pending = this.#pending.pop();
    if (pending !== undefined) return pending;
    this.#lastRead = this.#parsing.lexer.next();
    return this.#lastRead;
  }

  #peek(): Token {
    const token = this.#next();
    this.#pending.push(token);
    return token;
  }

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.kind === 'space') token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#pending.push(token);
    return token;
  }

  #expect(kind: TokenKind, context: string): void {
    const token = this.#nextNonSpace();
    if (token.kind !== kind) this.#unexpected(token, context);
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.#fail(`unexpected ${tokenText(token)} in ${context}`);
    if (this.#actionLine === 0 || this.#actionLine === token.line) return this.#fail(token.value);
    const started = `started at ${this.#parsing.source.name}:${this.#actionLine}`;
    return this.#fail(`${token.value}${token.value.endsWith(' action') ? '' : ' in action'} ${started}`);
  }

  /** Throws an error at the line of the last token read, even if it was put back. */
  #fail(message: string): never {
    const { name } = this.#parsing.source;
    const line = this.#lastRead?.line ?? 0;
    throw new TemplateError(fromBytes(`template: ${name}:${line}: ${message}`), line);
  }
}

const BEGINS_OPERAND: ReadonlySet<TokenKind> = new Set([
  'bool',
  'character',
  'complex',
  'dot',
  'field',
  'identifier',
  'left parenthesis',
  'nil',
  'number',
  'raw string',
  'string',
  'variable',
] as const);

/** Operands that cannot receive the value of the previous command. */
const CONSTANTS: ReadonlySet<OperandNode['kind']> = new Set([
  'bool',
  'dot',
  'nil',
  'number',
  'string',
] as const);

function isTerminator(node: StatementNode | Terminator): node is Terminator {
  return node.kind === 'end' || node.kind === 'else';
}

function terminatorText({ kind }: Terminator): string {
  return `{{${kind}}}`;
}

function variableNode(name: string, at: number): VariableNode {
  return { kind: 'variable', at, name, fields: [] };
}
