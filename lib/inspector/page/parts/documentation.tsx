import type { ComponentChildren } from 'preact';
// Imported directly, since the rest of the folder needs Node.js.
import { type Block, parseRst } from '../../../content/rst.ts';
import { type Inline, parseInline } from '../../../content/rst-inline.ts';

const TAGS = ['h3', 'h4', 'h5', 'h6'] as const;

/** Documentation of content packs and objects, written in reStructuredText. */
export function Documentation({ text }: { text: string }) {
  if (text.trim() === '') return null;
  return <div class="documentation">{parseRst(text).map(blockOf)}</div>;
}

/** A single line of documentation. */
export function DocumentationLine({ text }: { text: string }) {
  return <>{parseInline(text).map(inlineOf)}</>;
}

function blockOf(block: Block, at: number): ComponentChildren {
  switch (block.kind) {
    case 'heading': {
      const Tag = TAGS[Math.min(block.level, TAGS.length) - 1] ?? 'h6';
      return (
        <Tag key={at}>
          <DocumentationLine text={block.text} />
        </Tag>
      );
    }
    case 'paragraph':
      return (
        <p key={at}>
          <DocumentationLine text={block.text} />
        </p>
      );
    case 'code':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        <pre key={at} class="code" tabIndex={0}>
          {block.text}
        </pre>
      );
    case 'note':
      return (
        <blockquote key={at}>
          <strong>{block.title}</strong>
          {block.blocks.map(blockOf)}
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((item, index) => {
        const [only] = item;
        const isLine = item.length === 1 && only?.kind === 'paragraph';
        return (
          // The text is constant, so the index is a stable key.
          <li key={index}>{isLine ? <DocumentationLine text={only.text} /> : item.map(blockOf)}</li>
        );
      });
      return block.ordered ? <ol key={at}>{items}</ol> : <ul key={at}>{items}</ul>;
    }
  }
}

function inlineOf(piece: Inline, at: number): ComponentChildren {
  switch (piece.kind) {
    case 'code':
      return <code key={at}>{piece.text}</code>;
    case 'strong':
      return <strong key={at}>{piece.text}</strong>;
    case 'emphasis':
      return <em key={at}>{piece.text}</em>;
    case 'link':
      // The text is from a provider: links may lead away, but must not run scripts or send a referrer.
      return /^https?:/i.test(piece.url) ? (
        <a key={at} href={piece.url} target="_blank" rel="noopener noreferrer">
          {piece.text}
        </a>
      ) : (
        piece.text
      );
    case 'text':
      return piece.text;
  }
}
