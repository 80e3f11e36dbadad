import { isResource } from '../https/index.ts';
import { isDeeper, parseJson } from '../models/index.ts';

/** Nesting limit. Resources have some ten levels. */
const DEEPEST = 100;

/**
 * Parses the JSON of a body. Tolerates what BMCs add: byte order marks, NULs (terminators of C strings, and UTF-16),
 * and a second document: an iDRAC 8 sends an error followed by the resource (bb-Ricardo/check_redfish issue 151); the
 * last one counts. Undefined for anything that is not JSON or is nested too deeply.
 */
export function bodyJson(body: Buffer): unknown {
  const text = body
    .toString()
    .replaceAll('\0', '')
    .replace(/^[\uFEFF\uFFFD\s]+/, '');
  if (text === '') return undefined;
  const value = parsed(text) ?? bestOf(documents(text).map(parsed));
  return isDeeper(value, DEEPEST) ? undefined : value;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function bestOf(values: readonly unknown[]): unknown {
  const objects = values.filter(isResource);
  return objects.find((value) => Object.hasOwn(value, '@odata.id')) ?? objects[0];
}

/** The texts of consecutive objects. Braces in strings do not count. */
function documents(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = depth > 0;
    else if (character === '{') {
      if (depth === 0) start = index;
      depth += 1;
    } else if (character === '}' && depth > 0) {
      depth -= 1;
      if (depth === 0) found.push(text.slice(start, index + 1));
    }
  }
  return found;
}
