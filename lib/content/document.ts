import { type Bundle, type ContentObject, META_DEFAULTS } from './bundle.ts';
import type { Documentation, DocumentedObject } from './documentation.ts';
import { htmlPage } from './html.ts';
import { markdownPage, markdownPages } from './markdown.ts';
import { keyField } from './object-types.ts';

export const DOCUMENT_FORMATS = ['rst', 'markdown', 'html'] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];

/**
 * The documentation of a content pack. `rst` equals drpcli's output: the documentation of the pack and of each object
 * that has some. `markdown` and `html` also list objects without documentation (except templates, which are parts of
 * tasks), and describe the values of params.
 */
export function documentBundle(bundle: Bundle, format: DocumentFormat = 'rst'): string {
  const documentation = documentationOf(bundle);
  if (format === 'markdown') return markdownPage(documentation);
  if (format === 'html') return htmlPage(documentation);
  return rstPage(documentation);
}

/** From this number of objects on, they get a page of their own: readers look up single objects. */
const MANY_OBJECTS = 40;

/**
 * The documentation of a content pack in Markdown, by file name: `NAME.md` and, for a pack with many objects,
 * `NAME-reference.md` for those.
 */
export function documentFiles(bundle: Bundle, name: string): ReadonlyMap<string, string> {
  const documentation = documentationOf(bundle);
  const files = { guide: `${name}.md`, reference: `${name}-reference.md` };
  const count = documentation.sections.reduce((sum, { objects }) => sum + objects.length, 0);
  if (count <= MANY_OBJECTS) return new Map([[files.guide, markdownPage(documentation)]]);
  const { guide, reference } = markdownPages(documentation, files);
  return new Map([
    [files.guide, guide],
    [files.reference, reference],
  ]);
}

function documentationOf(bundle: Bundle): Documentation {
  const { meta } = bundle;
  const sections = Object.entries(bundle.sections)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, objects]) => ({
      type,
      objects: Object.entries(objects)
        .map(([key, object]) => documentedObject(type, key, object))
        .filter((object) => type !== 'templates' || object.description !== '' || object.documentation !== '')
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    }))
    .filter(({ objects }) => objects.length > 0);
  return {
    name: meta.Name ?? '',
    displayName: meta.DisplayName ?? '',
    version: meta.Version ?? '',
    release: meta.Version === META_DEFAULTS.Version ? '' : (meta.Version ?? ''),
    description: meta.Description ?? '',
    documentation: meta.Documentation ?? '',
    sections,
  };
}

function documentedObject(type: string, key: string, object: ContentObject): DocumentedObject {
  return {
    key: textOf(object[keyField(type)]) || key,
    description: textOf(object.Description),
    documentation: textOf(object.Documentation),
    facts: type === 'params' ? paramFacts(object) : [],
  };
}

function paramFacts({ Schema, Secure }: ContentObject): string[] {
  const schema = typeof Schema === 'object' && Schema !== null ? (Schema as ContentObject) : {};
  const { type, enum: choices } = schema;
  const facts: string[] = [];
  const types = [type].flat().filter((name) => typeof name === 'string');
  if (types.length > 0) facts.push(`Type: ${types.join(' or ')}`);
  if (Array.isArray(choices))
    facts.push(`One of: ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
  for (const limit of ['minimum', 'maximum', 'pattern', 'format']) {
    if (limit in schema)
      facts.push(`${limit.charAt(0).toUpperCase()}${limit.slice(1)}: ${textOf(schema[limit])}`);
  }
  if (Secure === true) facts.push('Secure: kept encrypted');
  else if ('default' in schema) facts.push(`Default: ${JSON.stringify(schema.default)}`);
  return facts;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Same output as drpcli: heading underlines have the length in bytes, and blank lines are kept. */
function rstPage({ name, displayName, version, documentation, sections }: Documentation): string {
  const full = `${name} - ${displayName}`;
  const head = [
    '',
    '.. Copyright (c) 2017 RackN Inc.',
    '.. Licensed under the Apache License, Version 2.0 (the "License");',
    '.. Digital Rebar Provision documentation under Digital Rebar master license',
    '.. index::',
    `  pair: ${name}; Content Packages`,
    '',
    `.. _rs_cp_${name.replaceAll('-', '_')}:`,
    '',
    '',
    ...underlined(full, '~'),
    '',
    `The following documentation is for ${displayName} (${name}) content package at version ${version}.`,
    '',
    documentation,
    '',
    ...underlined('Object Specific Documentation', '-'),
    '',
    '',
  ];
  const documented = sections
    .map(({ type, objects }) => ({ type, objects: objects.filter((object) => object.documentation !== '') }))
    .filter(({ objects }) => objects.length > 0)
    .flatMap(({ type, objects }) => [
      '',
      '',
      '',
      ...underlined(type, '='),
      '',
      `The content package provides the following ${type}.`,
      '',
      '',
      ...objects.flatMap((object) => ['', ...underlined(object.key, '+'), '', object.documentation, '', '']),
      '',
      '',
    ]);
  return [...head, ...documented, '', '', ''].join('\n');
}

function underlined(text: string, line: string): string[] {
  return [text, line.repeat(Buffer.byteLength(text))];
}
