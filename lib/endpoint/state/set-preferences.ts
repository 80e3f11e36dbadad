import { ModelError } from '../../models/index.ts';
import type { Objects, Requester } from './objects.ts';
import { PREFERENCES, TOKEN_SECRETS } from './preferences.ts';

const SECRET_LENGTH = 32;

/** All preferences with their values. */
export function preferences({ lookup }: Objects): Record<string, string> {
  return Object.fromEntries(Object.keys(PREFERENCES).map((name) => [name, lookup.preference(name)]));
}

/**
 * Sets preferences, all or none. Returns the token secrets among them, which are not stored here. Throws ModelError 400
 * that names each unknown preference and invalid value.
 */
export function setPreferences(
  objects: Objects,
  values: Readonly<Record<string, unknown>>,
  requester: Requester,
): Map<string, string> {
  const problems: string[] = [];
  const secrets = new Map<string, string>();
  const kept = new Map<string, string>();
  for (const [name, value] of Object.entries(values)) {
    const preference = Object.hasOwn(PREFERENCES, name) ? PREFERENCES[name] : undefined;
    const isSecret = TOKEN_SECRETS.includes(name);
    if (preference === undefined && !isSecret) problems.push(`Unknown Preference ${name}`);
    else if (typeof value !== 'string') problems.push(`${name}: expected text`);
    else if (isSecret) {
      if (value.length !== SECRET_LENGTH) problems.push(`${name}: Must be ${SECRET_LENGTH} bytes long`);
      else secrets.set(name, value);
    } else {
      const problem = preference?.check(value, objects.lookup);
      if (problem !== undefined) problems.push(`${name}: ${problem}`);
      kept.set(name, preference?.kept?.(value) ?? value);
    }
  }
  if (problems.length > 0) throw new ModelError(400, problems, { model: 'prefs', type: requester.method });
  objects.write(() => {
    for (const [Name, Val] of kept) {
      const found = objects.find('preferences', Name);
      if (found === undefined) objects.create('preferences', { Name, Val }, requester);
      else if (found.object.Val !== Val) objects.update(found, { ...found.object, Val }, requester);
    }
  });
  return secrets;
}
