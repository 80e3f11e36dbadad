import { isObject, NAME, type NamePattern, NUMBER_NAME, PARAM_NAME } from '../models/index.ts';
import type { Bundle, ContentObject } from './bundle.ts';
import { keyField } from './object-types.ts';
import { type Origins, originOf } from './origins.ts';
import type { Problems } from './problem.ts';

/** Descriptions of the name patterns for messages. */
const RULES = new Map<NamePattern, string>([
  [NAME, 'a name has two characters or more: a letter, then letters, digits, blanks and _ . -'],
  [NUMBER_NAME, 'an ID has two characters or more: a letter or digit, then also blanks and _ . -'],
  [PARAM_NAME, 'a param has two characters or more: a letter, then letters, digits, blanks and _ . - /'],
]);

/** The pattern that the endpoint applies to the names of each object type. */
const TYPES: Readonly<Record<string, NamePattern>> = {
  bootenvs: NAME,
  params: PARAM_NAME,
  profiles: NAME,
  roles: NAME,
  stages: NAME,
  tasks: NAME,
  templates: NUMBER_NAME,
  workflows: NAME,
};

/**
 * Checks the names of objects and of the objects that they refer to, by the rules and with the messages of endpoints
 * (`models.ValidName`).
 */
export function checkNames(bundle: Bundle, origins: Origins, problems: Problems): void {
  for (const [type, pattern] of Object.entries(TYPES)) {
    const field = keyField(type);
    for (const [key, object] of Object.entries(bundle.sections[type] ?? {})) {
      const origin = originOf(origins, type, key);
      const check: Check = (path, name, pattern, refusal) => {
        if (typeof name !== 'string' || pattern.test(name)) return;
        const shown = JSON.stringify(name).slice(1, -1);
        const text = `${refusal} \`${shown}\`: ${RULES.get(pattern)}`;
        // The endpoint refuses these as well, but drpcli builds bundles with them.
        if (path[0] === 'Params') problems.warning(origin, path, text);
        else problems.error(origin, path, text);
      };
      check([field], key, pattern, `Invalid ${field}`);
      checkNamed(type, object, check);
    }
  }
}

type Check = (path: readonly string[], name: unknown, pattern: NamePattern, refusal: string) => void;

function checkNamed(type: string, object: ContentObject, check: Check): void {
  const each = (field: string, pattern: NamePattern, refusal: string) => {
    const list: unknown = object[field];
    for (const [at, name] of (Array.isArray(list) ? list : []).entries())
      check([field, String(at)], name, pattern, refusal);
  };
  each('RequiredParams', PARAM_NAME, 'Invalid Required Param');
  each('OptionalParams', PARAM_NAME, 'Invalid Optional Param');
  if (type === 'workflows') each('Stages', NAME, 'Invalid Stage Name');
  if (type === 'stages') {
    each('Profiles', NAME, 'Invalid Profile');
    if (object.BootEnv !== '') check(['BootEnv'], object.BootEnv, NAME, 'Invalid BootEnv');
  }
  if (type === 'profiles') {
    each('Profiles', NAME, 'Invalid Profile Name');
    for (const name of Object.keys(isObject(object.Params) ? object.Params : {}))
      check(['Params', name], name, PARAM_NAME, 'Invalid Param Name');
  }
}
