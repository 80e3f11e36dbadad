import { Boxed, Complex, Dict, Int, List, type Operand, Structure, type Value } from './value.ts';

/** Go's type name of a value, as `%T` prints it. */
export function typeName(operand: Operand): string {
  switch (typeof operand) {
    case 'undefined':
      return '<nil>';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float64';
    case 'string':
      return 'string';
    default:
      if (operand instanceof Boxed) return 'interface {}';
      return operand instanceof Complex ? 'complex128' : operand.type;
  }
}

/** Go's kind of a value (package reflect). */
export function kindName(value: Value): string {
  if (value === undefined) return 'invalid';
  if (value instanceof List) return 'slice';
  if (value instanceof Dict) return 'map';
  if (value instanceof Structure) return value.type.startsWith('*') ? 'ptr' : 'struct';
  return typeName(value);
}

/** Whether nil is valid for the type. */
export function canBeNil(type: string): boolean {
  return type === 'interface {}' || type === 'reflect.Value' || /^(?:map\[|\[\]|\*)/.test(type);
}

/** Whether `if` counts the value as true. */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case 'undefined':
      return false;
    case 'boolean':
      return value;
    case 'number':
      return value !== 0;
    case 'string':
      return value.length > 0;
    default:
      if (value instanceof Int) return value.value !== 0n;
      if (value instanceof List) return value.items.length > 0;
      if (value instanceof Dict) return value.entries.size > 0;
      if (value instanceof Complex) return value.real !== 0 || value.imaginary !== 0;
      return !value.isNil;
  }
}
