import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkTemplate, TemplateError } from '../../lib/template/index.ts';

/** Templates and what Go 1.19 says of them, after `template: t:`. */
const NOT_VALID: readonly (readonly [template: string, message: string])[] = [
  ['{{', '1: unclosed action'],
  ['text\n\n{{if .a}}', '3: unexpected EOF'],
  ['{{if}}x{{end}}', '1: missing value for if'],
  ['{{end}}', '1: unexpected {{end}}'],
  ['{{else}}', '1: unexpected {{else}}'],
  ['{{if .a}}{{else}}{{else}}{{end}}', '1: expected end; found {{else}}'],
  ['{{range .a}}{{else if .b}}{{end}}', '1: unexpected <if> in input'],
  ['{{nofunc}}', '1: function "nofunc" not defined'],
  ['{{now}}', '1: function "now" not defined'],
  ['{{env "HOME"}}', '1: function "env" not defined'],
  ['{{expandenv "$HOME"}}', '1: function "expandenv" not defined'],
  ['{{ago 1}}', '1: function "ago" not defined'],
  ['{{constructor}}', '1: function "constructor" not defined'],
  ['{{$y}}', '1: undefined variable "$y"'],
  ['{{with $x := 1}}{{end}}{{$x}}', '1: undefined variable "$x"'],
  ['{{$x := 1}}{{define "T"}}{{$x}}{{end}}', '1: undefined variable "$x"'],
  ['{{break}}', '1: {{break}} outside {{range}}'],
  ['{{range .a}}{{block "b" .}}{{continue}}{{end}}{{end}}', '1: {{continue}} outside {{range}}'],
  ['{{range .a}}{{break 1}}{{end}}', '1: unexpected "1" in {{break}}'],
  ['{{template}}', '1: unexpected "}}" in template clause'],
  ['{{template foo}}', '1: unexpected "foo" in template clause'],
  ['{{define foo}}{{end}}', '1: unexpected "foo" in define clause'],
  ['{{define "T"}}a{{end}}{{define "T"}}b{{end}}', '1: template: multiple definition of template "T"'],
  ['{{if .a}}{{define "T"}}{{end}}{{end}}', '1: unexpected <define> in command'],
  ['{{1 | 2}}', '1: non executable command in pipeline stage 2'],
  ['{{|print}}', '1: unexpected "|" in command'],
  ['{{()}}', '1: missing value for parenthesized pipeline'],
  ['{{(print 1}}', '1: unclosed left paren'],
  ['{{print 1)}}', '1: unexpected ")" in command'],
  ['{{"a".b}}', '1: unexpected . after term "\\"a\\""'],
  ['{{nil.b}}', '1: unexpected . after term "nil"'],
  ['{{.a"b"}}', "1: bad character U+0022 '\"'"],
  ['{{print"b"}}', "1: bad character U+0022 '\"'"],
  ['{{"b"print}}', '1: unexpected "print" in operand'],
  ['{{"unclosed}}', '1: unterminated quoted string'],
  ['{{`unclosed}}', '1: unterminated raw quoted string'],
  ["{{'a}}", '1: unterminated character constant'],
  ["{{'ab'}}", "1: malformed character constant: 'ab'"],
  ['{{"\\z"}}', '1: invalid syntax'],
  ['{{3k}}', '1: bad number syntax: "3k"'],
  ['{{1+2}}', '1: bad number syntax: "1+2"'],
  ['{{0b2}}', '1: bad number syntax: "0b2"'],
  ['{{089}}', '1: integer overflow: "089"'],
  ['{{18446744073709551616}}', '1: integer overflow: "18446744073709551616"'],
  ['{{1__0}}', '1: illegal number syntax: "1__0"'],
  ['{{.}', "1: bad character U+007D '}'"],
  ['{{print :y}}', '1: expected :='],
  ['{{$x, $y := 1}}', '1: too many declarations in command'],
  ['{{range $a, $b, $c := .d}}{{end}}', '1: too many declarations in range'],
  ['{{range $a, b := .d}}{{end}}', '1: range can only initialize variables'],
  ['{{/* a', '1: unclosed comment'],
  ['{{/* a */ b}}', '1: comment ends before closing delimiter'],
  ['{{\u00a7}}', "1: unrecognized character in action: U+00A7 '§'"],
  ['a\n{{print\n1\n', '4: unclosed action started at t:2'],
  ['a\n{{print\n"x\n', '3: unterminated quoted string in action started at t:2'],
  ['{{a-very-long-word}}', "1: bad character U+002D '-'"],
  ['{{print 1}} {{if .a}}{{abcdefghijklmnop "x"}}', '1: function "abcdefghijklmnop" not defined'],
  [
    '{{if .a}}\n{{"0123456789abc" "x"}}\n{{else}}\n{{1 "0123456789abc"print}}',
    '4: unexpected "print" in operand',
  ],
];

const VALID = [
  '',
  'no actions, } and { too',
  '{{/* a comment\n of two lines */ -}} x',
  '{{- 3 -}}{{ -3 }}',
  '{{$x := .a}}{{$x = print $x 1}}{{$x.y}}',
  '{{range $i, $e := .a}}{{if $i}}{{continue}}{{else}}{{break}}{{end}}{{else}}none{{end}}',
  '{{if .a}}1{{else if .b}}2{{else if .c}}3{{else}}4{{end}}',
  '{{with .a}}{{.}}{{else}}none{{end}}',
  '{{define "T"}}{{end}}{{template "T"}}{{template `T` .}}{{block "B" .a}}x{{end}}',
  '{{define "T"}} {{end}}{{define "T"}}not empty{{end}}',
  '{{(index .a 0).b.c}}{{.a.b | printf "%v" | len}}',
  '{{printf "%d %d %d %d %d" 0x1F 0b11 0o17 017 1_000}}{{1e3}}{{.5}}{{0x1p-2}}{{2i}}{{1+2i}}{{+1}}',
  "{{'a'}}{{'\\n'}}{{'\\x41'}}{{'\\u00e9'}}{{'é'}}",
  '{{"tab\\t \\" \\u00e9 \\xff"}}{{`raw "\\n`}}',
  '{{print\n  1\n  2\n}}',
  '{{print 1 |}}',
  '{{true}}{{false}}{{not nil}}',
  '{{list 1 2 | first | toString | quote}}{{fail "no"}}{{uuidv4}}{{genCA "a" 1}}',
];

suite('a template that is not valid is refused in the words of Go', () => {
  for (const [template, message] of NOT_VALID) {
    test(JSON.stringify(template), () => {
      assert.equal(checkTemplate('t', template)?.message, `template: t:${message}`);
    });
  }
});

suite('a valid template is taken', () => {
  for (const template of VALID)
    test(JSON.stringify(template), () => assert.equal(checkTemplate('t', template), undefined));
});

test('an error names the template and has the line', () => {
  const error = checkTemplate('setup.tmpl', 'one\ntwo {{.a\n');
  assert.ok(error instanceof TemplateError);
  assert.equal(error.message, 'template: setup.tmpl:3: unclosed action started at setup.tmpl:2');
  assert.equal(error.line, 3);
});

test('nesting beyond the stack is an error, not a crash', () => {
  for (const template of [
    `{{${'('.repeat(100_000)}1${')'.repeat(100_000)}}}`,
    `${'{{if .}}'.repeat(100_000)}${'{{end}}'.repeat(100_000)}`,
    `${'{{block "b" .}}'.repeat(100_000)}`,
    `{{if .}}${'{{else if .}}'.repeat(100_000)}{{end}}`,
  ])
    assert.match(
      checkTemplate('t', template)?.message ?? '',
      /^template: t:1: more than 500 levels of nesting$/,
    );
});
