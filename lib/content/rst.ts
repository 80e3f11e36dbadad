/**
 * The subset of reStructuredText in which content packs are documented, as a list of blocks for Markdown and HTML
 * output. Anything outside of the subset is kept as a preformatted block.
 */
export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'list'; ordered: boolean; items: Block[][] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'note'; title: string; blocks: Block[] };

const UNDERLINE = /^([!-/:-@[-`{-~])\1{2,}\s*$/;
const ITEM = /^(\s*)([-*+]|#\.|\d+[.)])(\s+)(?=\S)/;
const DIRECTIVE = /^\.\.\s+([\w-]+)::(.*)$/s;
const NOTES = new Set(['attention', 'caution', 'danger', 'hint', 'important', 'note', 'tip', 'warning']);
const CODE = new Set(['code', 'code-block', 'sourcecode', 'parsed-literal']);
const TABLE = /^\s*(?:\+[-=+]{3,}|={2,}(?:\s+={2,})+\s*$)/;

/**
 * Parses a text into blocks. Heading levels count from 1, in the order in which their underline characters first occur.
 */
export function parseRst(text: string): Block[] {
  return new Reader().read(text.replaceAll('\r\n', '\n').replaceAll('\t', '        ').split('\n'));
}

/** Maximum nesting of lists and notes: a line of dashes alone could nest a list for each dash. */
const DEEPEST = 50;

class Reader {
  readonly #levels: string[] = [];
  #depth = 0;

  /** Parses the blocks in these lines. Deeper nesting than DEEPEST is kept as preformatted text. */
  read(lines: readonly string[]): Block[] {
    if (this.#depth > DEEPEST) return [{ kind: 'code', language: '', text: lines.join('\n') }];
    this.#depth += 1;
    const blocks = this.#read(lines);
    this.#depth -= 1;
    return blocks;
  }

  #read(lines: readonly string[]): Block[] {
    const blocks: Block[] = [];
    let at = 0;
    while (at < lines.length) {
      const line = lines[at] ?? '';
      const below = lines[at + 1] ?? '';
      const directive = DIRECTIVE.exec(line);
      if (line.trim() === '') {
        at += 1;
      } else if (UNDERLINE.test(line) && UNDERLINE.test(lines[at + 2] ?? '') && below.trim() !== '') {
        blocks.push(this.#heading(below, `${line[0]}${line[0]}`));
        at += 3;
      } else if (UNDERLINE.test(below) && !/^\s/.test(line)) {
        blocks.push(this.#heading(line, below.charAt(0)));
        at += 2;
      } else if (directive !== null) {
        const [, name = '', argument = ''] = directive;
        const end = indentedEnd(lines, at + 1, 1);
        const inner = this.#directive(name, argument.trim(), lines.slice(at + 1, end));
        for (const block of inner) blocks.push(block);
        at = end;
      } else if (/^\.\.(\s|$)/.test(line)) {
        at = indentedEnd(lines, at + 1, 1); // A comment or a link target.
      } else if (ITEM.test(line)) {
        const end = this.#listEnd(lines, at);
        blocks.push(this.#list(lines.slice(at, end)));
        at = end;
      } else if (TABLE.test(line)) {
        const end = paragraphEnd(lines, at);
        blocks.push({ kind: 'code', language: '', text: lines.slice(at, end).join('\n') });
        at = end;
      } else {
        const end = paragraphEnd(lines, at);
        const paragraph = lines
          .slice(at, end)
          .map((part) => part.trim())
          .join('\n');
        const literalEnd = paragraph.endsWith('::') ? indentedEnd(lines, end, 1) : end;
        blocks.push(...paragraphBlocks(paragraph, lines.slice(end, literalEnd)));
        at = literalEnd;
      }
    }
    return blocks;
  }

  #heading(text: string, underline: string): Block {
    if (!this.#levels.includes(underline)) this.#levels.push(underline);
    return { kind: 'heading', level: this.#levels.indexOf(underline) + 1, text: text.trim() };
  }

  #directive(name: string, argument: string, body: readonly string[]): Block[] {
    const options = body.findIndex((line) => !/^\s+:[\w-]+:/.test(line));
    const content = dedent(options === -1 ? [] : body.slice(options));
    if (CODE.has(name)) return [{ kind: 'code', language: argument, text: content }];
    if (!NOTES.has(name)) return [];
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    return [{ kind: 'note', title, blocks: this.read([argument, ...content.split('\n')]) }];
  }

  #list(lines: readonly string[]): Block {
    const [first = ''] = lines;
    const indent = leading(first);
    const items: string[][] = [];
    for (const line of lines) {
      const match = ITEM.exec(line);
      if (match?.[1]?.length === indent) items.push([line.slice(match[0].length)]);
      else items.at(-1)?.push(line);
    }
    return {
      kind: 'list',
      ordered: !isBullet(first),
      items: items.map(([text = '', ...rest]) => this.read([text, ...dedent(rest).split('\n')])),
    };
  }

  #listEnd(lines: readonly string[], start: number): number {
    const first = lines[start] ?? '';
    const indent = leading(first);
    let end = start + 1;
    for (let at = end; at < lines.length; at += 1) {
      const line = lines[at] ?? '';
      if (line.trim() === '') continue;
      const isItem = leading(line) === indent && ITEM.test(line) && isBullet(line) === isBullet(first);
      if (leading(line) <= indent && !isItem) break;
      end = at + 1;
    }
    return end;
  }
}

/** A paragraph, and the literal block after it if it ends with `::`. */
function paragraphBlocks(paragraph: string, literal: readonly string[]): Block[] {
  const text = paragraph
    .replace(/(^|\s)::$/, '')
    .replace(/::$/, ':')
    .trim();
  const code = dedent(literal);
  return [
    ...(text === '' ? [] : [{ kind: 'paragraph', text } as const]),
    ...(code === '' ? [] : [{ kind: 'code', language: '', text: code } as const]),
  ];
}

function paragraphEnd(lines: readonly string[], start: number): number {
  let end = start + 1;
  while (end < lines.length && lines[end]?.trim() !== '') end += 1;
  return end;
}

/** The end of the lines that are empty or indented by at least `indent`, without trailing empty lines. */
function indentedEnd(lines: readonly string[], start: number, indent: number): number {
  let end = start;
  for (let at = start; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.trim() === '') continue;
    if (leading(line) < indent) break;
    end = at + 1;
  }
  return end;
}

function isBullet(line: string): boolean {
  return /^\s*[-*+]/.test(line);
}

function leading(line: string): number {
  return line.length - line.trimStart().length;
}

function dedent(lines: readonly string[]): string {
  const depths = lines.filter((line) => line.trim() !== '').map(leading);
  const depth = depths.reduce((least, each) => Math.min(least, each), depths[0] ?? 0);
  const shown = lines.map((line) => line.slice(depth).trimEnd());
  const first = shown.findIndex((line) => line !== '');
  return shown.slice(first, shown.findLastIndex((line) => line !== '') + 1).join('\n');
}
