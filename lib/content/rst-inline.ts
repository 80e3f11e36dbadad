/** A piece of running text. */
export type Inline =
  | { kind: 'text' | 'code' | 'strong' | 'emphasis'; text: string }
  | { kind: 'link'; text: string; url: string };

/** Repetitions are bounded, so that unclosed markup is not searched for up to the end of the text from every start. */
const PIECES =
  /``(?<code>.{1,500}?)``|`(?<label>[^`<]{0,500})<(?<url>[^`>]{1,2000})>`__?|:[\w:-]{1,50}:`(?<role>[^`]{1,500})`|\*\*(?<strong>[^*\s](?:[^*]{0,500}[^*\s])?)\*\*|(?<![\w*])\*(?<emphasis>[^*\s](?:[^*]{0,500}[^*\s])?)\*(?![\w*])|(?<plain>\bhttps?:\/\/[^\s<>`"]{0,2000}[\w/])/gs;

const LEADS_SOMEWHERE = /^(?:https?:|mailto:|[#/.])/i;

/** The inline markup of reStructuredText: literals, links, roles, strong, emphasis and bare URLs. */
export function parseInline(text: string): Inline[] {
  const pieces: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(PIECES)) {
    if (match.index > from) pieces.push({ kind: 'text', text: text.slice(from, match.index) });
    pieces.push(inlineOf(match.groups ?? {}));
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) });
  return pieces;
}

function inlineOf(groups: Readonly<Record<string, string | undefined>>): Inline {
  const { code, url, role, strong, emphasis, plain = '' } = groups;
  const label = groups.label?.trimEnd();
  if (code !== undefined) return { kind: 'code', text: code };
  // Only these schemes become links: a `javascript:` link would run in the reader's browser.
  if (url !== undefined)
    return LEADS_SOMEWHERE.test(url)
      ? { kind: 'link', text: label || url, url }
      : { kind: 'text', text: label || url };
  if (role !== undefined) return { kind: 'emphasis', text: role.replace(/\s*<[^>]*>$/, '') };
  if (strong !== undefined) return { kind: 'strong', text: strong };
  if (emphasis !== undefined) return { kind: 'emphasis', text: emphasis };
  return { kind: 'link', text: plain, url: plain };
}
