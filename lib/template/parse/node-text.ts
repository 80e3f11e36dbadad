import { quote } from '../quote.ts';
import type { Node, PipeNode, Source } from './tree.ts';

/** A node in the form of Go's error messages. */
export function nodeText(node: Node): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'if':
    case 'range':
    case 'with': {
      const otherwise =
        node.otherwise === undefined ? '' : `{{else}}${node.otherwise.map(nodeText).join('')}`;
      return `{{${node.kind} ${nodeText(node.pipe)}}}${node.list.map(nodeText).join('')}${otherwise}{{end}}`;
    }
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`}}}`;
    case 'pipe':
      return pipeText(node);
    case 'command':
      return node.operands.map((operand) => inParentheses(operand)).join(' ');
    case 'identifier':
      return node.name;
    case 'variable':
      return [node.name, ...node.fields].join('.');
    case 'field':
      return fieldsText(node.fields);
    case 'chain':
      return inParentheses(node.operand) + fieldsText(node.fields);
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
      return node.number.text;
    case 'string':
      return node.literal;
  }
}

/** Go prints an assignment like a declaration. */
function pipeText({ variables, commands }: PipeNode): string {
  const names = variables.map(nodeText).join(', ');
  const head = names === '' ? '' : `${names} := `;
  return head + commands.map(nodeText).join(' | ');
}

function inParentheses(node: Node): string {
  return node.kind === 'pipe' ? `(${nodeText(node)})` : nodeText(node);
}

function fieldsText(fields: readonly string[]): string {
  return fields.map((field) => `.${field}`).join('');
}

/** The position `NAME:LINE:COLUMN` of an offset: lines from 1, columns from 0, in bytes. */
export function placeText({ name, text }: Source, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `${name}:${line}:${at - (before.lastIndexOf('\n') + 1)}`;
}
