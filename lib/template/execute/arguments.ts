import { nodeText } from '../parse/node-text.ts';
import type { NumberNode, OperandNode } from '../parse/tree.ts';
import { canBeNil, typeName } from '../values/kind.ts';
import { Boxed, Complex, Int, type IntType, type Operand, type Value } from '../values/value.ts';

/** A value, or Go's error in its place. */
export type Fitted = { value: Operand } | { problem: string };

/** Converts a value to the type of a parameter. */
export function fit(operand: Operand, type: string): Fitted {
  if (operand === undefined)
    return canBeNil(type) ? { value: undefined } : { problem: `invalid value; expected ${type}` };
  if (type === 'reflect.Value') return { value: operand };
  const value = operand instanceof Boxed && operand.value !== undefined ? operand.value : operand;
  if (type === 'interface {}') return { value: value instanceof Boxed ? undefined : value };
  if (typeName(value) === type) return { value };
  return { problem: `wrong type for value; expected ${type}; got ${typeName(value)}` };
}

/** A constant of the template as a value of the type. */
export function constantAs(node: OperandNode, type: string): Fitted {
  switch (type) {
    case 'interface {}':
    case 'reflect.Value':
      return node.kind === 'number' ? idealConstant(node) : { value: constantOf(node) };
    case 'bool':
      return node.kind === 'bool' ? { value: node.value } : expected('bool', node);
    case 'string':
      return node.kind === 'string' ? { value: node.text } : expected('string', node);
    case 'float64': {
      const float = node.kind === 'number' ? node.number.float : undefined;
      return float === undefined ? expected('float', node) : { value: float };
    }
    case 'int':
    case 'int64': {
      const int = node.kind === 'number' ? node.number.int : undefined;
      return int === undefined ? expected('integer', node) : { value: new Int(int, type) };
    }
    case 'uint32': {
      const uint = node.kind === 'number' ? node.number.uint : undefined;
      if (uint === undefined) return expected('unsigned integer', node);
      return { value: new Int(BigInt.asUintN(32, uint), type satisfies IntType) };
    }
    default:
      return { problem: `can't handle ${nodeText(node)} for arg of type ${type}` };
  }
}

function expected(what: string, node: OperandNode): Fitted {
  return { problem: `expected ${what}; found ${nodeText(node)}` };
}

function constantOf(node: OperandNode): Value {
  if (node.kind === 'bool') return node.value;
  return node.kind === 'string' ? node.text : undefined;
}

/** The value of a number without a required type; its notation determines the type. */
export function idealConstant({ number }: NumberNode): Fitted {
  const { text, complex, float, int } = number;
  if (complex !== undefined) return { value: new Complex(complex.real, complex.imaginary) };
  const character = text.startsWith("'");
  const hexadecimal = /^0[xX][^pP]+$/.test(text);
  if (float !== undefined && !character && !hexadecimal && /[.eEpP]/.test(text)) return { value: float };
  return int === undefined ? { problem: `${text} overflows int` } : { value: new Int(int) };
}
