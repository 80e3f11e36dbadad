import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from './running-endpoint.ts';

test("a template that does not parse is refused wherever it is, with Go's words", async () => {
  await using running = await Running.open();
  const broken = 'hello {{.Machine.Name';
  const unclosed = 'template: t:1: unclosed action';
  const kernel = { OS: { Name: 'os' }, Kernel: 'k', BootParams: '{{if}}' };
  for (const [prefix, body, expected] of [
    [
      'templates',
      { ID: 'gxbad.tmpl', Contents: broken },
      'Parse error for template gxbad.tmpl: template: gxbad.tmpl:1: unclosed action',
    ],
    [
      'templates',
      { ID: 'gxbad.tmpl', Contents: 'one\n{{nosuch .}}' },
      'Parse error for template gxbad.tmpl: template: gxbad.tmpl:2: function "nosuch" not defined',
    ],
    [
      'tasks',
      { Name: 'task', Templates: [{ Name: 't', Contents: broken }] },
      "Error parsing inline templates: template: t:1: bad character U+007B '{'",
    ],
    [
      'stages',
      { Name: 'stg', Templates: [{ Name: 't', Path: '{{.Machine', Contents: 'x' }] },
      `Error compiling path template t ({{.Machine): ${unclosed}`,
    ],
    [
      'bootenvs',
      { Name: 'env', Templates: [{ Name: 't', Path: 'p', Link: '{{.Machine' }] },
      `Error compiling link template t ({{.Machine): ${unclosed}`,
    ],
    [
      'bootenvs',
      { Name: 'env', ...kernel },
      'Error compiling boot parameter template for arch amd64: template: machine:1: missing value for if',
    ],
  ] as const) {
    assert.equal(await running.refused(422, 'POST', prefix, { body }), expected);
  }
  const Contents = '{{define "x"}}{{end}}';
  assert.match(
    await running.refused(422, 'POST', 'tasks', {
      body: { Name: 'task', Templates: [{ Name: 't', Contents }] },
    }),
    /^Error parsing inline templates: template: t:1: unexpected <define> in command$/,
  );
  const sections = { templates: { 'x.tmpl': { Contents: broken } } };
  const pack = { body: { meta: { Name: 'pack' }, sections } };
  assert.match(await running.refused(422, 'POST', 'contents', pack), /^Parse error for template x.tmpl: /);
});

test('templates with functions of sprig, and ones that include what is not there yet, are kept', async () => {
  await using running = await Running.open();
  const Contents =
    '{{range $i, $p := .Param "a/b" | toStrings}}{{template "later.tmpl" $p}}{{end}}{{.ParseUrl "host" "x"}}';
  const made = await running.ok('POST', 'templates', { ID: 'x.tmpl', Contents });
  assert.equal(made.Available, true);
});
