import type { Resource } from '../../../lib/https/index.ts';
import type { Message } from '../../../lib/redfish/index.ts';

/**
 * The body of an action with what is missing and without what is not known, by what the BMC said of it; undefined when
 * the messages name neither. `known` are parameters that may be sent, `needed` those that are never left out.
 */
export function amended(
  body: Resource,
  said: readonly Message[],
  known: Resource,
  needed: readonly string[],
): Resource | undefined {
  const missing = named(said, known, IS_MISSING).filter((name) => !(name in body));
  const unknown = named(said, body, IS_UNKNOWN).filter((name) => !needed.includes(name));
  if (missing.length === 0 && unknown.length === 0) return undefined;
  const kept = Object.entries(body).filter(([name]) => !unknown.includes(name));
  return { ...Object.fromEntries(kept), ...picked(known, missing) };
}

/** Names of messages (DSP8011: ActionParameterMissing, CreateFailedMissingReqProperties, PropertyMissing), and words. */
const IS_MISSING = {
  names: /missing|required/i,
  words: /\b(missing|required|mandatory|must be|must have|needs|not (specified|provided|given|present))\b/i,
};
/** ActionParameterUnknown, ActionParameterNotSupported, PropertyUnknown, ActionParameterValueNotInList and more. */
const IS_UNKNOWN = {
  names: /unknown|notsupported|unrecogni[sz]ed|valuenotinlist|formaterror/i,
  words: /\b(unknown|not supported|unsupported|not recogni[sz]ed|unrecogni[sz]ed)\b/i,
};

/** Which of the parameters a message of a kind is about, by its arguments or its words. */
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

/** Those of the parameters that are named. */
export function picked(known: Resource, names: readonly string[]): Resource {
  return Object.fromEntries(Object.entries(known).filter(([name]) => names.includes(name)));
}
