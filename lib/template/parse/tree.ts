import { fromBytes } from '../bytes.ts';
import type { NumberLiteral } from './number.ts';

/** All nodes have their offset in the template's text, in bytes. */
interface Placed {
  readonly at: number;
}

export interface TextNode extends Placed {
  readonly kind: 'text';
  readonly text: string;
}

export interface ActionNode extends Placed {
  readonly kind: 'action';
  readonly pipe: PipeNode;
}

/** `if`, `range` or `with`. */
export interface BranchNode extends Placed {
  readonly kind: 'if' | 'range' | 'with';
  readonly pipe: PipeNode;
  readonly list: readonly StatementNode[];
  readonly otherwise?: readonly StatementNode[];
}

export interface JumpNode extends Placed {
  readonly kind: 'break' | 'continue';
}

export interface TemplateNode extends Placed {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe?: PipeNode;
}

/** The statements of a template. */
export type StatementNode = TextNode | ActionNode | BranchNode | JumpNode | TemplateNode;

/** Commands. Each gets the value of the previous one as its last argument. */
export interface PipeNode extends Placed {
  readonly kind: 'pipe';
  /** The variables to set, with their `$`. */
  readonly variables: readonly VariableNode[];
  /** Whether they are assigned (`=`) instead of declared (`:=`). */
  readonly assigns: boolean;
  readonly commands: readonly CommandNode[];
}

export interface CommandNode extends Placed {
  readonly kind: 'command';
  /** At least one. */
  readonly operands: readonly [OperandNode, ...OperandNode[]];
}

export interface IdentifierNode extends Placed {
  readonly kind: 'identifier';
  readonly name: string;
}

export interface VariableNode extends Placed {
  readonly kind: 'variable';
  /** With its `$`. */
  readonly name: string;
  readonly fields: readonly string[];
}

export interface FieldNode extends Placed {
  readonly kind: 'field';
  readonly fields: readonly string[];
}

/** Fields of a parenthesized expression: `(...).Name`. */
export interface ChainNode extends Placed {
  readonly kind: 'chain';
  readonly operand: OperandNode;
  readonly fields: readonly string[];
}

export interface DotNode extends Placed {
  readonly kind: 'dot';
}

export interface NilNode extends Placed {
  readonly kind: 'nil';
}

export interface BoolNode extends Placed {
  readonly kind: 'bool';
  readonly value: boolean;
}

export interface NumberNode extends Placed {
  readonly kind: 'number';
  readonly number: NumberLiteral;
}

export interface StringNode extends Placed {
  readonly kind: 'string';
  /** As written. */
  readonly literal: string;
  readonly text: string;
}

export type OperandNode =
  | BoolNode
  | ChainNode
  | DotNode
  | FieldNode
  | IdentifierNode
  | NilNode
  | NumberNode
  | PipeNode
  | StringNode
  | VariableNode;

export type Node = StatementNode | CommandNode | OperandNode;

/** The text of a template. */
export interface Source {
  /** The name for errors. */
  readonly name: string;
  readonly text: string;
}

/** One template. */
export interface Tree {
  readonly name: string;
  readonly source: Source;
  readonly nodes: readonly StatementNode[];
}

/** Whether a template has only white space and comments. Such a template never replaces another. */
export function isEmptyTree({ nodes }: Tree): boolean {
  return nodes.every((node) => node.kind === 'text' && fromBytes(node.text).trim() === '');
}
