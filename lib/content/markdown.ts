import type { Documentation } from './documentation.ts';
import { type Block, parseRst } from './rst.ts';
import { type Inline, parseInline } from './rst-inline.ts';

/** The documentation of a content pack in Markdown (CommonMark). */
export function markdownPage(page: Documentation): string {
  return joined([...guideParts(page), ...referenceParts(page)]);
}

/** The same as two pages that link each other: the pack, and its objects. */
export function markdownPages(
  page: Documentation,
  files: { guide: string; reference: string },
): { guide: string; reference: string } {
  const types = new Intl.ListFormat('en').format(page.sections.map(({ type }) => type));
  const link = `Its ${escapeMarkdown(types)} are in the [reference](${files.reference}).`;
  const back = `What content pack \`${page.name}\` has. How it is used is in the [guide](${files.guide}).`;
  const [title = '', pack = '', ...guide] = guideParts(page);
  return {
    guide: joined([title, `${pack} ${link}`, ...guide]),
    reference: joined([`${title}: reference`, back, ...referenceParts(page)]),
  };
}

function joined(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function guideParts(page: Documentation): string[] {
  return [
    `# ${escapeMarkdown(page.displayName || page.name)}`,
    `Content pack \`${page.name}\`${page.release === '' ? '' : `, version ${escapeMarkdown(page.release)}`}.`,
    inline(page.description),
    blocks(parseRst(page.documentation), 1),
  ];
}

function referenceParts({ sections }: Documentation): string[] {
  const parts: string[] = [];
  for (const { type, objects } of sections) {
    parts.push(`## ${escapeMarkdown(type)}`);
    for (const { key, description, documentation, facts } of objects) {
      parts.push(
        `### ${escapeMarkdown(key)}`,
        inline(description),
        facts.map((fact) => `- ${escapeMarkdown(fact)}`).join('\n'),
      );
      parts.push(blocks(parseRst(documentation), 3));
    }
  }
  return parts;
}

/** `depth` is the level of the heading above the blocks. */
function blocks(list: readonly Block[], depth: number): string {
  return list.map((block) => blockText(block, depth)).join('\n\n');
}

function blockText(block: Block, depth: number): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(Math.min(6, depth + block.level))} ${inline(block.text)}`;
    case 'paragraph':
      return inline(block.text);
    case 'code':
      return fenced(block.text, block.language);
    case 'note':
      return prefixed(`**${block.title}**\n\n${blocks(block.blocks, depth)}`, '> ', '> ');
    case 'list':
      return block.items
        .map((item, index) => {
          const marker = block.ordered ? `${index + 1}. ` : '- ';
          return prefixed(blocks(item, depth), marker, ' '.repeat(marker.length));
        })
        .join('\n');
  }
}

function fenced(text: string, language: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language.replace(/[^\w+-]/g, '')}\n${text}\n${fence}`;
}

function prefixed(text: string, first: string, rest: string): string {
  return text
    .split('\n')
    .map((line, index) => (index === 0 ? first + line : `${rest}${line}`.trimEnd()))
    .join('\n');
}

function inline(text: string): string {
  return parseInline(text).map(inlineText).join('');
}

function inlineText(piece: Inline): string {
  switch (piece.kind) {
    case 'code':
      return piece.text.includes('`') ? `\`\` ${piece.text} \`\`` : `\`${piece.text}\``;
    case 'strong':
      return `**${escapeMarkdown(piece.text)}**`;
    case 'emphasis':
      return `*${escapeMarkdown(piece.text)}*`;
    case 'link':
      return piece.text === piece.url ? `<${piece.url}>` : `[${escapeMarkdown(piece.text)}](<${piece.url}>)`;
    case 'text':
      return escapeMarkdown(piece.text);
  }
}

/** Escapes text that Markdown would take for markup. Underscores inside of words need no escape. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*[\]<>#|]|(?<!\w)_|_(?!\w)/g, '\\$&')
    .replace(/^([ \t]*)(\d+)([.)])/gm, '$1$2\\$3');
}
