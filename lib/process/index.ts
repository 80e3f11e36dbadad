export { type ChildEnd, type ChildOptions, runChild } from './child.ts';
export { findExecutable } from './executable.ts';
export { KeyedTurns, type TurnRules } from './keyed-turns.ts';
export { Turns } from './turns.ts';
