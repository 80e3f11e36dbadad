import { type Event, ModelError, selectorPart } from '../../models/index.ts';

/** Tests whether an event is selected. */
export type Matcher = (event: Event) => boolean;

/**
 * Parses a selector `TYPE.ACTION.KEY`. KEY may contain dots. Throws ModelError 400 for fewer than three parts, which
 * crash some endpoints.
 */
export function matcher(selector: string): Matcher {
  const [type, action, ...key] = selector.split('.');
  if (!type || !action || key.length === 0 || key[0] === '' || selector.trim() !== selector) {
    const shown = JSON.stringify(selector);
    throw new ModelError(400, `Selector ${shown} is not TYPE.ACTION.KEY`, { type: 'CLIENT_ERROR' });
  }
  const [isType, isAction, isKey] = [type, action, key.join('.')].map(selectorPart);
  return (event) =>
    isType?.(event.Type) === true && isAction?.(event.Action) === true && isKey?.(event.Key) === true;
}

/**
 * The selector for events about one object, or about an action on all objects of a type: undefined means any. Dots in
 * the key are not escaped: the key is the last part, and older endpoints know no escapes.
 */
export function eventSelector(type?: string, action?: string, key?: string): string {
  const escaped = (value = '*') =>
    value === '*' ? value : value.replaceAll(',', '\\2').replaceAll('*', '\\3');
  const undotted = (value?: string) => escaped(value).replaceAll('.', '\\1');
  return `${undotted(type)}.${undotted(action)}.${escaped(key)}`;
}
