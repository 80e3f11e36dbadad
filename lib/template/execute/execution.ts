import { fromBytes } from '../bytes.ts';
import { TemplateError } from '../error.ts';
import { print } from '../format/print.ts';
import { nodeText, placeText } from '../parse/node-text.ts';
import type {
  BranchNode,
  ChainNode,
  CommandNode,
  FieldNode,
  IdentifierNode,
  Node,
  OperandNode,
  PipeNode,
  StatementNode,
  TemplateNode,
  Tree,
  VariableNode,
} from '../parse/tree.ts';
import { quote } from '../quote.ts';
import { canBeNil, isTrue, typeName } from '../values/kind.ts';
import {
  Boxed,
  type Callable,
  Dict,
  FunctionError,
  Int,
  isField,
  List,
  type Operand,
  Structure,
  unboxed,
  type Value,
  type Work,
} from '../values/value.ts';
import { constantAs, type Fitted, fit, idealConstant } from './arguments.ts';
import { LimitError } from './budget.ts';

/** The environment of a rendering. */
export interface Environment {
  readonly template: (name: string) => Tree | undefined;
  readonly function: (name: string) => Callable | undefined;
  readonly work: Work;
}

/** Marks that there is no value from a previous command. */
const ABSENT = Symbol('absent');
type Final = Operand | typeof ABSENT;

type Jump = 'break' | 'continue' | undefined;

interface Variable {
  readonly name: string;
  value: Operand;
}

/** Executes templates by Go's rules. Each instance renders once. */
export class Execution {
  readonly #environment: Environment;
  readonly #work: Work;
  #output = '';
  #tree: Tree;
  /** The current node, for positions of errors. */
  #node: Node | undefined;
  #variables: Variable[] = [];

  constructor(tree: Tree, environment: Environment) {
    this.#tree = tree;
    this.#environment = environment;
    this.#work = environment.work;
  }

  /**
   * Returns the output as a byte string. Throws TemplateError, LimitError, or JavaScript's RangeError for the stack.
   */
  render(dot: Operand): string {
    try {
      this.#execute(this.#tree, dot);
      return this.#output;
    } catch (error) {
      if (error instanceof FunctionError) this.#fail(error.message, error);
      throw error;
    }
  }

  /** Like `render`, for a rendering that is not part of another: limits become TemplateErrors. */
  renderWhole(dot: Operand): string {
    try {
      return this.render(dot);
    } catch (error) {
      if (error instanceof LimitError) this.#fail(error.message, error);
      // The stack is shared with the caller, so it may overflow before the limit is reached.
      if (error instanceof RangeError) this.#fail('needs more stack or memory than there is', error);
      throw error;
    }
  }

  #execute(tree: Tree, dot: Operand): void {
    const outer = { tree: this.#tree, variables: this.#variables };
    this.#tree = tree;
    this.#variables = [{ name: '$', value: dot }];
    this.#walk(tree.nodes, dot);
    this.#tree = outer.tree;
    this.#variables = outer.variables;
  }

  #fail(problem: string, cause?: unknown): never {
    const { name, source } = this.#tree;
    const node = this.#node;
    const place = node === undefined ? source.name : placeText(source, node.at);
    const where = node === undefined ? '' : ` executing ${quote(name)} at <${nodeText(node)}>:`;
    const line = node === undefined ? undefined : Number(place.split(':').at(-2));
    throw new TemplateError(fromBytes(`template: ${place}:${where} ${problem}`), line, cause);
  }

  #fitted(fitted: Fitted): Operand {
    return 'problem' in fitted ? this.#fail(fitted.problem) : fitted.value;
  }

  #walk(nodes: readonly StatementNode[], dot: Operand): Jump {
    // Not `nested`: each function that a level needs takes stack from the limit of levels.
    this.#work.enter();
    try {
      for (const node of nodes) {
        const jump = this.#statement(node, dot);
        if (jump !== undefined) return jump;
      }
      return undefined;
    } finally {
      this.#work.leave();
    }
  }

  #statement(node: StatementNode, dot: Operand): Jump {
    this.#work.step();
    this.#node = node;
    switch (node.kind) {
      case 'text':
        this.#write(node.text);
        return undefined;
      case 'action': {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) {
          this.#node = node;
          this.#write(this.#printed(value));
        }
        return undefined;
      }
      case 'break':
      case 'continue':
        return node.kind;
      case 'template':
        this.#template(node, dot);
        return undefined;
      default: {
        const mark = this.#variables.length;
        const jump = node.kind === 'range' ? this.#range(node, dot) : this.#ifOrWith(node, dot);
        this.#variables.length = mark;
        return jump;
      }
    }
  }

  #write(text: string): void {
    this.#work.make(text.length);
    this.#output += text;
  }

  #printed(value: Operand): string {
    if (typeof value === 'string') return value;
    if (value === undefined) return '<no value>';
    return this.#indirectly(unboxed(value));
  }

  /** Actions print the target of a pointer. */
  #indirectly(value: Value): string {
    const text = print(this.#work, [value]);
    return value instanceof Structure && value.text === undefined ? text.replace(/^&/, '') : text;
  }

  #ifOrWith({ kind, pipe, list, otherwise = [] }: BranchNode, dot: Operand): Jump {
    const value = this.#pipe(pipe, dot);
    if (!isTrue(unboxed(value))) return this.#walk(otherwise, dot);
    return this.#walk(list, kind === 'with' ? value : dot);
  }

  #range({ pipe, list, otherwise = [] }: BranchNode, dot: Operand): Jump {
    const value = unboxed(this.#pipe(pipe, dot));
    if (value instanceof List) {
      for (let index = 0; index < value.items.length; index++) {
        if (this.#round(pipe, list, new Int(index), value.item(index)) === 'break') return undefined;
      }
      if (value.items.length > 0) return undefined;
    } else if (value instanceof Dict) {
      const keys = value.sortedKeys;
      const items = keys.map((key) => value.get(key));
      for (const [index, key] of keys.entries()) {
        if (this.#round(pipe, list, key, items[index]) === 'break') return undefined;
      }
      if (keys.length > 0) return undefined;
    } else if (value !== undefined) this.#fail(`range can't iterate over ${this.#indirectly(value)}`);
    return this.#walk(otherwise, dot);
  }

  #round(pipe: PipeNode, list: readonly StatementNode[], index: Operand, item: Operand): Jump {
    this.#work.step();
    const variables = this.#variables;
    const count = pipe.variables.length;
    const last = variables[variables.length - 1];
    const before = variables[variables.length - 2];
    if (count > 0 && last !== undefined) last.value = item;
    if (count > 1 && before !== undefined) before.value = index;
    const mark = variables.length;
    const jump = this.#walk(list, item);
    variables.length = mark;
    return jump;
  }

  #template(node: TemplateNode, dot: Operand): void {
    const tree =
      this.#environment.template(node.name) ?? this.#fail(`template ${quote(node.name)} not defined`);
    const inner = node.pipe === undefined ? undefined : this.#pipe(node.pipe, dot);
    this.#execute(tree, inner);
  }

  #pipe(pipe: PipeNode, dot: Operand): Operand {
    this.#node = pipe;
    let value: Final = ABSENT;
    for (const command of pipe.commands) {
      this.#work.step();
      value = this.#command(command, dot, value);
      if (value instanceof Boxed) value = value.value;
    }
    const result = value === ABSENT ? undefined : value;
    for (const { name } of pipe.variables) {
      if (pipe.assigns) this.#variable(name).value = result;
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  #variable(name: string): Variable {
    const variable = this.#variables.findLast((candidate) => candidate.name === name);
    return variable ?? this.#fail(`undefined variable: ${name}`);
  }

  #command(command: CommandNode, dot: Operand, final: Final): Operand {
    const { operands } = command;
    const [first] = operands;
    switch (first.kind) {
      case 'field':
        return this.#fieldNode(first, dot, operands, final);
      case 'chain':
        return this.#chain(first, dot, operands, final);
      case 'identifier':
        return this.#function(first, dot, command, operands, final);
      case 'pipe':
        this.#mustBeAlone(operands, final);
        return this.#work.nested(() => this.#pipe(first, dot));
      case 'variable':
        return this.#variableNode(first, dot, operands, final);
    }
    this.#node = first;
    this.#mustBeAlone(operands, final);
    switch (first.kind) {
      case 'bool':
        return first.value;
      case 'dot':
        return dot;
      case 'nil':
        return this.#fail('nil is not a command');
      case 'number':
        return this.#fitted(idealConstant(first));
      case 'string':
        return first.text;
    }
  }

  #mustBeAlone(operands: readonly OperandNode[], final: Final): void {
    const [first] = operands;
    if (first !== undefined && (operands.length > 1 || final !== ABSENT))
      this.#fail(`can't give argument to non-function ${nodeText(first)}`);
  }

  #fieldNode(node: FieldNode, dot: Operand, operands: readonly OperandNode[], final: Final): Operand {
    this.#node = node;
    return this.#fields(node.fields, dot, dot, node, operands, final);
  }

  #chain(node: ChainNode, dot: Operand, operands: readonly OperandNode[], final: Final): Operand {
    this.#node = node;
    const { operand } = node;
    if (operand.kind === 'nil') this.#fail(`indirection through explicit nil in ${nodeText(node)}`);
    this.#node = operand;
    const receiver =
      operand.kind === 'pipe'
        ? this.#work.nested(() => this.#pipe(operand, dot))
        : operand.kind === 'identifier'
          ? this.#function(operand, dot, operand, [], ABSENT)
          : this.#argument(operand, 'interface {}', dot);
    return this.#fields(node.fields, receiver, dot, node, operands, final);
  }

  #variableNode(node: VariableNode, dot: Operand, operands: readonly OperandNode[], final: Final): Operand {
    this.#node = node;
    const { value } = this.#variable(node.name);
    if (node.fields.length === 0) {
      this.#mustBeAlone(operands, final);
      return value;
    }
    return this.#fields(node.fields, value, dot, node, operands, final);
  }

  /** Evaluates `.X.Y.Z` on a value; the last one may be a method with arguments. */
  #fields(
    names: readonly string[],
    start: Operand,
    dot: Operand,
    node: OperandNode,
    operands: readonly OperandNode[],
    final: Final,
  ): Operand {
    let value = start;
    for (const [index, name] of names.entries()) {
      const isLast = index === names.length - 1;
      value = this.#field(name, value, dot, node, isLast ? operands : [], isLast ? final : ABSENT);
    }
    return value;
  }

  #field(
    name: string,
    receiver: Operand,
    dot: Operand,
    node: OperandNode,
    operands: readonly OperandNode[],
    final: Final,
  ): Operand {
    if (receiver === undefined) this.#fail(`nil data; no entry for key ${quote(name)}`);
    const type = typeName(receiver);
    const value = unboxed(receiver);
    if (value === undefined) this.#fail(`nil pointer evaluating ${type}.${name}`);
    const hasArguments = operands.length > 1 || final !== ABSENT;
    if (value instanceof Structure) {
      const member = value.members.get(name);
      if (member !== undefined && !isField(member))
        return this.#call(member, name, dot, node, operands, final);
      // For a nil pointer, members may be unknown.
      if (value.isNil && (member !== undefined || value.members.size === 0))
        this.#fail(`nil pointer evaluating ${type}.${name}`);
      if (member !== undefined && hasArguments)
        this.#fail(`${name} has arguments but cannot be invoked as function`);
      if (member !== undefined)
        return member.type === 'interface {}' ? new Boxed(member.field()) : member.field();
    }
    if (value instanceof Dict) {
      if (hasArguments) this.#fail(`${name} is not a method but has arguments`);
      if (!value.entries.has(name)) this.#fail(`map has no entry for key ${quote(name)}`);
      return value.get(name);
    }
    return this.#fail(`can't evaluate field ${name} in type ${type}`);
  }

  /** `place` is the position for errors of the function. */
  #function(
    node: IdentifierNode,
    dot: Operand,
    place: CommandNode | IdentifierNode,
    operands: readonly OperandNode[],
    final: Final,
  ): Operand {
    this.#node = node;
    const callable = this.#environment.function(node.name);
    if (callable === undefined) return this.#fail(`${quote(node.name)} is not a defined function`);
    return this.#call(callable, node.name, dot, place, operands, final);
  }

  #call(
    callable: Callable,
    name: string,
    dot: Operand,
    place: CommandNode | OperandNode,
    operands: readonly OperandNode[],
    final: Final,
  ): Operand {
    const given = operands.slice(1);
    const { parameters, rest } = callable;
    const count = given.length + (final === ABSENT ? 0 : 1);
    if (rest !== undefined && count < parameters.length)
      this.#fail(`wrong number of args for ${name}: want at least ${parameters.length} got ${given.length}`);
    if (rest === undefined && count !== parameters.length)
      this.#fail(`wrong number of args for ${name}: want ${parameters.length} got ${count}`);
    const typeOf = (index: number): string => parameters[index] ?? rest ?? '';
    if (callable.decides !== undefined) return this.#decide(callable.decides, dot, given, final);
    const values = given.map((operand, index) => this.#argument(operand, typeOf(index), dot));
    if (final !== ABSENT) values.push(this.#fitted(fit(final, typeOf(given.length))));
    try {
      const result = callable.call(this.#work, values);
      if (typeof result === 'string') this.#work.make(result.length);
      return callable.result === 'interface {}' && !(result instanceof Boxed) ? new Boxed(result) : result;
    } catch (error) {
      this.#node = place;
      if (!(error instanceof FunctionError)) throw error;
      return this.#fail(`error calling ${name}: ${error.message}`, error.cause);
    }
  }

  /** `and` and `or` evaluate only the arguments that they need. */
  #decide(decides: boolean, dot: Operand, given: readonly OperandNode[], final: Final): Operand {
    let value: Operand;
    for (const operand of given) {
      value = this.#argument(operand, 'reflect.Value', dot);
      if (isTrue(unboxed(value)) === decides) return value;
    }
    return final === ABSENT ? value : final;
  }

  #argument(operand: OperandNode, type: string, dot: Operand): Operand {
    this.#node = operand;
    switch (operand.kind) {
      case 'dot':
        return this.#fitted(fit(dot, type));
      case 'nil':
        return canBeNil(type) ? undefined : this.#fail(`cannot assign nil to ${type}`);
      case 'field':
        return this.#fitted(fit(this.#fieldNode(operand, dot, [operand], ABSENT), type));
      case 'variable':
        return this.#fitted(fit(this.#variableNode(operand, dot, [], ABSENT), type));
      case 'pipe':
        return this.#fitted(
          fit(
            this.#work.nested(() => this.#pipe(operand, dot)),
            type,
          ),
        );
      case 'identifier':
        return this.#fitted(fit(this.#function(operand, dot, operand, [], ABSENT), type));
      case 'chain':
        return this.#fitted(fit(this.#chain(operand, dot, [], ABSENT), type));
      default:
        return this.#fitted(constantAs(operand, type));
    }
  }
}
