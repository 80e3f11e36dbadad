import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { indentJson } from './indent-json.ts';

/** Characters. Longer text is not colored, since that takes too long. */
const MOST_COLOURED = 40_000;
const MOST_SHOWN = 200_000;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** A value as colored JSON. Only the beginning of a long one, until the user asks for more. */
export function JsonText({ value }: { value: unknown }) {
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? 'nothing', [value]);
  return <CodeText text={text} coloured />;
}

/** Text from elsewhere, unchanged; JSON is formatted and colored. */
export function BodyText({ text }: { text: string }) {
  const json = useMemo(() => laidOut(text), [text]);
  return <CodeText text={json ?? text} coloured={json !== undefined} />;
}

function CodeText({ text, coloured }: { text: string; coloured: boolean }) {
  const [whole, setWhole] = useState(false);
  const isCut = !whole && text.length > MOST_SHOWN;
  const shown = isCut ? text.slice(0, MOST_SHOWN) : text;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <pre class="code" tabIndex={0}>
        {coloured && shown.length <= MOST_COLOURED ? inColour(shown) : shown}
      </pre>
      {isCut && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </button>
      )}
    </>
  );
}

function laidOut(text: string): string | undefined {
  return text.length > MOST_SHOWN ? undefined : indentJson(text);
}

function inColour(text: string): ComponentChildren[] {
  const pieces: ComponentChildren[] = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [all, string, colon] = match;
    if (match.index > from) pieces.push(text.slice(from, match.index));
    const kind = colon !== undefined ? 'key' : string !== undefined ? 'string' : 'scalar';
    pieces.push(
      <span key={match.index} class={`json-${kind}`}>
        {all}
      </span>,
    );
    from = match.index + all.length;
  }
  pieces.push(text.slice(from));
  return pieces;
}
