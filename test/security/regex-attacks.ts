/** An input that grows: `prefix`, then `pump` again and again, then `suffix`, on which the expression is to fail. */
export interface Attack {
  prefix: string;
  pump: string;
  suffix: string;
}

/** Of each kind of character that expressions tell apart, one. */
const KINDS = [...' \t\n0aA_-.:/"\'\\=`*<\0é'];
const SUFFIXES = ['\0', '\n\0'];
const MOST_WORDS = 12;
const MOST_CHARACTERS = 16;

/** Inputs put together of what stands in an expression and of the usual characters. */
export function* attacksOn(source: string): Iterable<Attack> {
  const words = [...source.matchAll(/(?:[\w '"=:;,!@#%&~<>-]|\\[^\w])+/g)]
    .map(([word]) => word.replace(/\\(.)/g, '$1'))
    .filter((word) => word.length > 1)
    .slice(0, MOST_WORDS);
  const codes = [...source.matchAll(/\\u([0-9a-f]{4})/gi)].map(([, code = '']) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  const plain = source.replace(/\\[a-zA-Z]|[()[\]{}?+*|^$\\]/g, '');
  const own = [...new Set([...codes, ...words.join(''), ...plain])].slice(0, MOST_CHARACTERS);
  const characters = [...new Set([...KINDS, ...own])];
  const joined = words.slice(0, 3).join('');
  const pumps = [...new Set([...characters, ...words, joined])].filter((pump) => pump !== '');
  for (const suffix of SUFFIXES) {
    for (const pump of pumps)
      for (const prefix of ['', ...words, joined, 'x']) yield { prefix, pump, suffix };
    for (const word of words)
      for (const other of [...characters, ...words]) yield { prefix: '', pump: word + other, suffix };
    for (const first of characters)
      for (const second of characters) yield { prefix: '', pump: first + second, suffix };
  }
}
