import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  fromJson,
  MethodError,
  method,
  Structure,
  structureOf,
  TemplateError,
  Templates,
} from '../../lib/template/index.ts';

const PARAMS: Readonly<Record<string, unknown>> = {
  n: 1_000_000,
  large: 21_000_000,
  half: 1_234_567.5,
  small: -0.000_01,
  z: 123_456,
  nul: null,
  l: ['a', 1, true, null],
  m: { b: 2, a: '<&>' },
  falses: ['', 0, null, [], {}, false],
};

const DOT = new Structure(
  '*backend.RenderData',
  new Map([
    [
      'Param',
      method(1, 'interface {}', (name) => {
        if (!Object.hasOwn(PARAMS, name)) throw new MethodError(`No such machine parameter ${name}`);
        return PARAMS[name];
      }),
    ],
    ['ParamExists', method(1, 'bool', (name) => Object.hasOwn(PARAMS, name))],
  ]),
);

function render(text: string, dot = DOT): string {
  const templates = new Templates();
  templates.parse('t', text);
  return templates.render('t', dot);
}

suite('JSON numbers are floats, integer literals are not', () => {
  for (const [text, output] of [
    ['{{.Param "n"}}', '1e+06'],
    ['{{.Param "large"}}', '2.1e+07'],
    ['{{.Param "half"}}', '1.2345675e+06'],
    ['{{.Param "small"}}', '-1e-05'],
    ['{{.Param "z"}}', '123456'],
    ['{{printf "%d" (.Param "z")}}', '%!d(float64=123456)'],
    ['{{eq (.Param "z") 123456.0}}', 'true'],
    ['{{toJson (.Param "n")}}', '1000000'],
    ['{{toJson 1e20}} {{toJson 1e21}}', '100000000000000000000 1e+21'],
  ] as const)
    test(text, () => assert.equal(render(text), output));

  test('they are not equal', () => {
    assert.throws(() => render('{{eq (.Param "z") 123456}}'), {
      name: 'TemplateError',
      message:
        'template: t:1:2: executing "t" at <eq (.Param "z") 123456>: error calling eq: incompatible types for comparison',
    });
  });
});

suite('values are shown, tested and ranged over as in Go', () => {
  for (const [text, output] of [
    ['{{.Param "nul"}}', '<no value>'],
    ['{{.Param "l"}}', '[a 1 true <nil>]'],
    ['{{.Param "m"}}', 'map[a:<&> b:2]'],
    ['{{range .Param "falses"}}{{if .}}yes{{else}}no {{end}}{{end}}', 'no no no no no no '],
    ['{{index (.Param "m") "zz"}}', '<no value>'],
    ['{{range $k, $v := .Param "m"}}{{$k}}={{$v}} {{end}}', 'a=<&> b=2 '],
    ['{{range .Param "nul"}}x{{else}}none{{end}}', 'none'],
    ['{{print 1 2 "a" "b" 3}}', '1 2ab3'],
    ['a \n{{- 3 -}}\n b', 'a3b'],
    ['{{and (.ParamExists "x") (.Param "x")}}', 'false'],
    ['{{define "T"}}[{{.}}]{{end}}{{template "T" "z"}}', '[z]'],
    ['{{printf "%s %d" (semver "v1.2") (semver "v1.2")}}', '1.2.0 1.2.0'],
    ['{{"é" | len}} {{trunc 1 "é"}}', '2 \ufffd'],
  ] as const)
    test(text, () => assert.equal(render(text), output));
});

suite('what cannot be rendered is an error in the words of Go', () => {
  for (const [text, message] of [
    ['{{(.Param "m").zz}}', 't:1:10: executing "t" at <"m">: map has no entry for key "zz"'],
    ['{{range .Param "n"}}{{end}}', 't:1:15: executing "t" at <"n">: range can\'t iterate over 1e+06'],
    ['{{.Param}}', 't:1:2: executing "t" at <.Param>: wrong number of args for Param: want 1 got 0'],
    [
      '\n {{.Param "x"}}',
      't:2:3: executing "t" at <.Param>: error calling Param: No such machine parameter x',
    ],
    [
      '{{.Param "schlüssel ✓"}}',
      't:1:2: executing "t" at <.Param>: error calling Param: No such machine parameter schlüssel ✓',
    ],
    ['{{.Nope}}', 't:1:2: executing "t" at <.Nope>: can\'t evaluate field Nope in type *backend.RenderData'],
    ['{{template "none"}}', 't:1:11: executing "t" at <{{template "none"}}>: template "none" not defined'],
  ] as const)
    test(text, () =>
      assert.throws(() => render(text), { name: 'TemplateError', message: `template: ${message}` }),
    );

  test('the error has the line', () => {
    assert.throws(
      () => render('one\ntwo {{.Nope}}'),
      (error) => error instanceof TemplateError && error.line === 2,
    );
  });
});

suite('templates reach what is in their data, and nothing of JavaScript', () => {
  const names = [
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'call',
    'members',
    'entries',
  ];
  for (const name of names) {
    test(name, () => {
      assert.throws(() => render(`{{.${name}}}`), { name: 'TemplateError', message: /can't evaluate field/ });
      assert.throws(() => render(`{{(.Param "m").${name}}}`), {
        name: 'TemplateError',
        message: /map has no entry/,
      });
      assert.throws(() => render(`{{(.Param "l").${name}}}`), {
        name: 'TemplateError',
        message: /can't evaluate field/,
      });
      assert.throws(() => render(`{{("text").${name}}}`), {
        name: 'TemplateError',
        message: /can't evaluate field/,
      });
      assert.throws(() => render(`{{(semver "1.0.0").${name}}}`), {
        name: 'TemplateError',
        message: /can't evaluate/,
      });
      assert.equal(render(`{{index (.Param "m") "${name}"}}`), '<no value>');
      assert.equal(render(`{{get (.Param "m") "${name}"}}{{hasKey (dict) "${name}"}}`), 'false');
      assert.equal(render(`{{$d := dict "${name}" 1}}{{$d.${name}}}`), '1');
    });
  }
});

test('a template that changes a map changes its own', () => {
  const shared = { m: { a: 1 } };
  const dot = fromJson(shared);
  assert.ok(dot !== undefined);
  const templates = new Templates();
  templates.parse('t', '{{$_ := set .m "a" 2}}{{.m.a}}');
  assert.equal(templates.render('t', dot), '2');
  assert.deepEqual(shared, { m: { a: 1 } });
});

test('an object of the API is a dot, with methods of the caller', () => {
  const machine = {
    Name: 'm1',
    CurrentTask: 2,
    Runnable: true,
    Profiles: ['a', 'b'],
    Params: { n: 1 },
    Os: { Family: 'x' },
  };
  const dot = structureOf(
    '*models.Machine',
    machine,
    new Map([['Path', method(0, 'string', () => 'machines/1')]]),
  );
  assert.equal(
    render(
      '{{.Name}} {{eq .CurrentTask 2}} {{.Runnable}} {{.Profiles}} {{.Params.n}} {{.Os.Family}} {{.Path}}',
      dot,
    ),
    'm1 true true [a b] 1 x machines/1',
  );
  assert.throws(() => render('{{.Os.Nope}}', dot), /can't evaluate field Nope in type models.Os$/);
});

suite('templates share a namespace', () => {
  test('and include each other by name, whatever the order', () => {
    const templates = new Templates();
    templates.parse('one', '{{template "two.tmpl" .}}!');
    templates.parse('two.tmpl', '<{{.}}>');
    assert.equal(templates.render('one', 'x'), '<x>!');
  });

  test('a copy changes on its own', () => {
    const templates = new Templates();
    templates.parse('one', 'old');
    const copy = templates.copy();
    copy.parse('one', 'new');
    copy.parse('two', '');
    assert.deepEqual([templates.render('one', undefined), copy.render('one', undefined)], ['old', 'new']);
    assert.deepEqual([templates.has('two'), copy.has('two')], [false, true]);
  });

  test('an error in an included template names it', () => {
    const templates = new Templates();
    templates.parse('one', '{{template "two" .}}');
    templates.parse('two', '\n{{.x}}');
    assert.throws(() => templates.render('one', fromJson({})), {
      message: 'template: two:2:2: executing "two" at <.x>: map has no entry for key "x"',
    });
  });

  test('one that is not valid adds nothing', () => {
    const templates = new Templates();
    assert.throws(() => templates.parse('one', '{{define "two"}}x{{end}}{{'), { name: 'TemplateError' });
    assert.equal(templates.has('two'), false);
    assert.throws(() => templates.render('one', undefined), {
      message: 'template: no template "one" associated with template ""',
    });
  });
});
