import { fromBytes } from '../bytes.ts';
import type { NumberLiteral } from './number.ts';

/** What all nodes have: their place in the template's text, in bytes. */
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

/** What a template is a list of. */
export type StatementNode = TextNode | ActionNode | BranchNode | JumpNode | TemplateNode;

/** Commands, each of which gets the value of the one before as its last argument. */
export interface PipeNode extends Placed {
  readonly kind: 'pipe';
  /** The variables that are set, with their `$`. */
  readonly variables: readonly VariableNode[];
  /** Whether they are assigned (`=`) and not declared (`:=`). */
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

/** Fields of something that is neither a field nor a variable: `(...).Name`. */
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
  /** As it was written. */
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

/** The text that templates were parsed from. */
export interface Source {
  /** The name that it was parsed by, which errors give. */
  readonly name: string;
  readonly text: string;
}

/** One template. */
export interface Tree {
  readonly name: string;
  readonly source: Source;
  readonly nodes: readonly StatementNode[];
}

/** Whether a template consists of white space and comments alone. Such a one never replaces another. */
export function isEmptyTree({ nodes }: Tree): boolean {
  return nodes.every((node) => node.kind === 'text' && fromBytes(node.text).trim() === '');
}
