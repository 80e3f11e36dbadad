import type { Documentation } from './documentation.ts';
import { type Block, parseRst } from './rst.ts';
import { type Inline, parseInline } from './rst-inline.ts';

/** The documentation of a content pack as one self-contained HTML page. */
export function htmlPage(page: Documentation): string {
  const title = escapeHtml(page.displayName || page.name);
  const body = [
    `<h1>${title}</h1>`,
    `<p>Content pack <code>${escapeHtml(page.name)}</code>${page.release === '' ? '' : `, version ${escapeHtml(page.release)}`}.</p>`,
    paragraph(page.description),
    blocks(parseRst(page.documentation), 1),
  ];
  for (const { type, objects } of page.sections) {
    body.push(`<h2 id="${escapeHtml(type)}">${escapeHtml(type)}</h2>`);
    for (const { key, description, documentation, facts } of objects) {
      body.push(`<h3 id="${escapeHtml(`${type}/${key}`)}">${escapeHtml(key)}</h3>`, paragraph(description));
      if (facts.length > 0)
        body.push(`<ul>\n${facts.map((fact) => `<li>${escapeHtml(fact)}</li>`).join('\n')}\n</ul>`);
      body.push(blocks(parseRst(documentation), 3));
    }
  }
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
</head>
<body>
${body.filter((part) => part !== '').join('\n')}
</body>
</html>
`;
}

function paragraph(text: string): string {
  return text === '' ? '' : `<p>${inline(text)}</p>`;
}

/** `depth` is the level of the heading above the blocks. */
function blocks(list: readonly Block[], depth: number): string {
  return list.map((block) => blockHtml(block, depth)).join('\n');
}

function blockHtml(block: Block, depth: number): string {
  switch (block.kind) {
    case 'heading': {
      const tag = `h${Math.min(6, depth + block.level)}`;
      return `<${tag}>${inline(block.text)}</${tag}>`;
    }
    case 'paragraph':
      return paragraph(block.text);
    case 'code':
      return `<pre><code>${escapeHtml(block.text)}</code></pre>`;
    case 'note':
      return `<blockquote>\n<p><strong>${escapeHtml(block.title)}</strong></p>\n${blocks(block.blocks, depth)}\n</blockquote>`;
    case 'list': {
      const tag = block.ordered ? 'ol' : 'ul';
      return `<${tag}>\n${block.items.map((item) => `<li>${itemHtml(item, depth)}</li>`).join('\n')}\n</${tag}>`;
    }
  }
}

function itemHtml(item: readonly Block[], depth: number): string {
  const [only] = item;
  return item.length === 1 && only?.kind === 'paragraph' ? inline(only.text) : blocks(item, depth);
}

function inline(text: string): string {
  return parseInline(text).map(inlineHtml).join('');
}

function inlineHtml(piece: Inline): string {
  const text = escapeHtml(piece.text);
  switch (piece.kind) {
    case 'code':
      return `<code>${text}</code>`;
    case 'strong':
      return `<strong>${text}</strong>`;
    case 'emphasis':
      return `<em>${text}</em>`;
    case 'link':
      // Only these schemes become links: a `javascript:` link would run in the reader's browser.
      return /^(?:https?:|mailto:|[#/.])/i.test(piece.url)
        ? `<a href="${escapeHtml(piece.url)}">${text}</a>`
        : text;
    case 'text':
      return text;
  }
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
