import type { Resource } from '../../../lib/https/index.ts';
import type { Message } from '../../../lib/redfish/index.ts';

/**
 * Corrects the body of an action by the BMC's messages: adds missing parameters, removes unknown ones. Undefined when
 * the messages name neither. `known` are values that may be sent, `needed` names that are never removed.
 */
export function correctedBody(
  body: Resource,
  said: readonly Message[],
  known: Resource,
  needed: readonly string[],
): Resource | undefined {
  const missing = named(said, known, IS_MISSING).filter((name) => !(name in body));
  const unknown = named(said, body, IS_UNKNOWN).filter((name) => !needed.includes(name));
  if (missing.length === 0 && unknown.length === 0) return undefined;
  const kept = Object.entries(body).filter(([name]) => !unknown.includes(name));
  return { ...Object.fromEntries(kept), ...namedMembers(known, missing) };
}

/** Message ids (DSP8011: ActionParameterMissing, CreateFailedMissingReqProperties, PropertyMissing), and phrases. */
const IS_MISSING = {
  names: /missing|required/i,
  words: /\b(missing|required|mandatory|must be|must have|needs|not (specified|provided|given|present))\b/i,
};
/** ActionParameterUnknown, ActionParameterNotSupported, PropertyUnknown, ActionParameterValueNotInList and others. */
const IS_UNKNOWN = {
  names: /unknown|notsupported|unrecogni[sz]ed|valuenotinlist|formaterror/i,
  words: /\b(unknown|not supported|unsupported|not recogni[sz]ed|unrecogni[sz]ed)\b/i,
};

/** The parameters that a message of this kind names, in its arguments or its text. */
function named(
  said: readonly Message[],
  parameters: Resource,
  { names, words }: { names: RegExp; words: RegExp },
): string[] {
  const about = said.filter(
    ({ name, text }) => names.test(name) || (!/Missing|Unknown/.test(name) && words.test(text)),
  );
  return Object.keys(parameters).filter((parameter) =>
    about.some(({ args, text }) =>
      [...args, text].some((told) => told.split(/[^A-Za-z]+/).includes(parameter)),
    ),
  );
}

/** The named members of `known`. */
export function namedMembers(known: Resource, names: readonly string[]): Resource {
  return Object.fromEntries(Object.entries(known).filter(([name]) => names.includes(name)));
}
