import { kindName, typeName } from '../values/kind.ts';
import { type Functions, fn, heavy } from './define.ts';
import { deepEqual } from './equality.ts';

export const REFLECTION: Functions = {
  typeOf: fn(['interface {}'], 'string', typeName),
  typeIs: fn(['string', 'interface {}'], 'bool', (type, value) => typeName(value) === type),
  typeIsLike: fn(['string', 'interface {}'], 'bool', (type, value) =>
    [type, `*${type}`].includes(typeName(value)),
  ),
  kindOf: fn(['interface {}'], 'string', kindName),
  kindIs: fn(['string', 'interface {}'], 'bool', (kind, value) => kindName(value) === kind),
  deepEqual: heavy(['interface {}', 'interface {}'], 'bool', (work, one, other) =>
    deepEqual(work, one, other),
  ),
};
