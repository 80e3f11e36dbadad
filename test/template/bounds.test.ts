import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { fromJson, LIMITS, Templates } from '../../lib/template/index.ts';

function render(text: string, limits = LIMITS): string {
  const templates = new Templates();
  templates.parse('t', text);
  return templates.render('t', fromJson({ list: Array.from({ length: 1000 }, (_, index) => index) }), limits);
}

const deep = (count: number) => `{{${'('.repeat(count)}1${')'.repeat(count)}}}`;

suite('a template cannot hang its host, or fill its memory', () => {
  for (const [what, text, problem, limits] of [
    [
      'recursion',
      '{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}',
      /nests more than 1000 levels deep/,
    ],
    [
      'recursion in blocks',
      `{{define "r"}}${'{{if 1}}'.repeat(400)}{{template "r" .}}${'{{end}}'.repeat(400)}{{end}}{{template "r" .}}`,
      /nests more than/,
    ],
    [
      'loops in loops',
      '{{range .list}}{{range $.list}}{{range $.list}}{{end}}{{end}}{{end}}',
      /takes more than \d+ steps/,
    ],
    [
      'much output',
      '{{range .list}}{{range $.list}}0123456789012345678901234567890123456789012345678901234567890123456789{{end}}{{end}}',
      /makes more than \d+ bytes/,
    ],
    [
      'doubling',
      `{{$x := "0123456789"}}{{range .list}}{{$x = print $x $x}}{{end}}`,
      /makes more than \d+ bytes/,
    ],
    [
      'doubling of lists',
      `{{$x := list 1 2}}{{range .list}}{{$x = concat $x $x}}{{end}}`,
      /makes more than \d+ bytes/,
    ],
    [
      'maps in maps',
      `{{$x := dict}}{{range .list}}{{$x = dict "a" $x "b" $x}}{{end}}{{$x}}`,
      /more than 200 levels to print/,
    ],
    [
      'wide maps in maps',
      `{{$x := dict "a" 1}}{{range until 60}}{{$x = dict "a" $x "b" $x}}{{end}}{{$x}}`,
      /makes more than \d+ bytes/,
    ],
    [
      'JSON of such maps',
      `{{$x := dict "a" 1}}{{range until 60}}{{$x = dict "a" $x "b" $x}}{{end}}{{toJson $x}}`,
      /makes more than \d+ bytes/,
    ],
    [
      'copies of such maps',
      `{{$x := dict "a" 1}}{{range until 60}}{{$x = dict "a" $x "b" $x}}{{end}}{{deepCopy $x}}`,
      /takes more than|makes more than/,
    ],
    [
      'comparison of such maps',
      `{{$x := dict "a" 1}}{{$y := dict "a" 1}}{{range until 60}}{{$x = dict "a" $x "b" $x}}{{$y = dict "a" $y "b" $y}}{{end}}{{deepEqual $x $y}}`,
      /takes more than \d+ steps/,
    ],
    ['a map in itself', '{{$x := dict}}{{$_ := set $x "x" $x}}{{$x}}', /more than 200 levels to print/],
    [
      'JSON of a map in itself',
      '{{$x := dict}}{{$_ := set $x "x" $x}}{{mustToJson $x}}',
      /more than 200 levels/,
    ],
    [
      'a copy of a map in itself',
      '{{$x := dict}}{{$_ := set $x "x" $x}}{{deepCopy $x}}',
      /more than 200 levels to copy/,
    ],
    ['repeat', '{{repeat 1000000000 "x"}}', /makes more than \d+ bytes/],
    ['a wide number', '{{range .list}}{{$x := printf "%1000000d" 1}}{{end}}', /makes more than \d+ bytes/],
    ['a long range', '{{until 1000000000}}', /makes more than \d+ bytes/],
    ['a long sequence', '{{seq 1 1000000000}}', /makes more than \d+ bytes/],
    ['an endless range', '{{untilStep 0 9223372036854775807 1}}', /makes more than \d+ bytes/],
    ['indentation', '{{indent 1000000000 "x"}}', /makes more than \d+ bytes/],
    ['replacements', '{{$x := repeat 100000 "a"}}{{replace "a" $x $x}}', /makes more than \d+ bytes/],
    ['joined texts', '{{$x := repeat 100000 "a"}}{{join $x (until 1000)}}', /makes more than \d+ bytes/],
    ['random bytes', '{{randBytes 1000000000}}', /makes more than \d+ bytes/],
    [
      'slow hashes',
      '{{range until 3}}{{derivePassword 1 "pin" "p" "u" "s"}}{{end}}',
      /takes more than \d+ steps/,
      // Two are made, and the third is too many. The six of the usual limit take seconds.
      { ...LIMITS, steps: 1_200_000 },
    ],
    [
      'replacements of an expression',
      '{{$x := repeat 20000 "a"}}{{regexReplaceAll "a" $x $x}}',
      /makes more than \d+ bytes/,
    ],
    [
      'many searches in a long text',
      '{{$x := repeat 1000000 "a"}}{{range .list}}{{regexMatch "(a|b|c|d)+e" $x}}{{end}}',
      /takes more than \d+ steps/,
    ],
  ] as const) {
    test(what, () => assert.throws(() => render(text, limits), { name: 'TemplateError', message: problem }));
  }

  test('regular expressions take time in proportion to the text', () => {
    assert.equal(render('{{regexMatch "^(a+)+$" (print (repeat 5000 "a") "b")}}'), 'false');
    assert.throws(
      () => render('{{semverCompare (print (repeat 200 "1  ") "!") "1.0.0"}}'),
      /improper constraint/,
    );
  });
});

test('limits are those that are asked for, and name the place', () => {
  const limits = { steps: 100, bytes: 1000, depth: 10 };
  assert.equal(render('{{range until 10}}x{{end}}', limits), 'xxxxxxxxxx');
  assert.throws(() => render('a\n{{range until 40}}{{if .}}x{{end}}{{end}}', limits), {
    message: 'template: t:2:23: executing "t" at <.>: takes more than 100 steps',
  });
  assert.throws(() => render('{{repeat 999 "x"}}', limits), /makes more than 1000 bytes/);
  assert.throws(() => render('{{bcrypt "x"}}', limits), /takes more than 100 steps/);
  assert.throws(() => render(deep(20), limits), /nests more than 10 levels deep/);
});

test('what nests no deeper than the parser takes is rendered', () => {
  assert.equal(render(deep(400)), '1');
});

test('the limit of levels is reached before the end of the stack, also by code that runs for the first time', async () => {
  // Code that is not compiled yet takes more stack, and callers have used some of it: Node.js has 984 KB.
  const options = ['--stack-size=800', '--test-name-pattern=^recursion', '--test-reporter=tap'];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [...options, import.meta.filename], { env });
  assert.match(stdout, /^# pass 2$/m);
});
