import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson, TemplateError, Templates } from '../../lib/template/index.ts';
import { fc, parameters } from '../support/properties.ts';
import { anyText } from './texts.ts';

const PIECES = [
  '{{',
  '}}',
  '{{- ',
  ' -}}',
  ' ',
  '\n',
  'if',
  'end',
  'else',
  'range',
  'with',
  'define',
  'block',
  'template',
  'break',
  'nil',
  '.',
  '.a',
  '.list',
  '$',
  '$x',
  ':=',
  '=',
  '|',
  '(',
  ')',
  '"s"',
  '`r`',
  "'c'",
  '1',
  '-2.5',
  '1+2i',
  'true',
  ',',
  '/*',
  '*/',
  '"',
  "'",
  '{{end}}',
  '{{if .a}}',
  '{{range .list}}',
  '{{else}}',
  '{{define "T"}}',
  '{{template "T" .}}',
  '{{range $i, $e := .list}}',
  '{{$x := 1}}',
  '{{print 1 | len}}',
  'printf "%5.2v"',
  'index',
  'slice',
  'dict "a" 1',
  'toJson',
  'regexFind',
  'repeat',
  'é',
  '\u2028',
];
const template = fc.oneof(
  anyText,
  fc
    .array(
      fc.oneof({ arbitrary: fc.constantFrom(...PIECES), weight: 9 }, { arbitrary: anyText, weight: 1 }),
      { maxLength: 30 },
    )
    .map((pieces) => pieces.join('')),
);
const limits = { steps: 10_000, bytes: 1 << 20, depth: 100 };

test('any text is rendered, or refused with an error of the template', () => {
  fc.assert(
    fc.property(template, fc.jsonValue(), (text, data) => {
      const templates = new Templates();
      try {
        templates.parse('t', text);
        assert.equal(
          typeof templates.render('t', fromJson({ a: data, list: [data, text] }), limits),
          'string',
        );
      } catch (error) {
        assert.ok(error instanceof TemplateError, String(error));
        assert.match(error.message, /^template: /);
      }
    }),
    parameters(),
  );
});
