import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readPack } from './pack.ts';

const referring = {
  'workflows/w.yaml': 'Name: ww\nStages:\n- here\n- none\n- gone\n',
  'stages/here.yaml':
    'Name: here\nTasks:\n- here\n- gone\n- bootenv:local\nTemplates:\n- {Name: t, ID: gone}\nRequiredParams: [gone]\nBootEnv: gone\nProfiles: [global, gone]\n',
  'tasks/here.yaml':
    'Name: here\nTemplates:\n- {Name: t, ID: here}\n- {Name: u, Contents: x}\n- {Name: v, ID: gone}\nRequiredParams:\n- here\n- gone\nPrerequisites: [gone]\n',
  'bootenvs/here.yaml': 'Name: here\nTemplates:\n- Name: t\n  ID: gone\nRequiredParams: [gone]\n',
  'templates/here': 'x',
  'params/here.yaml': 'Name: here\n',
};

const elsewhere = {
  '._Name.meta': 'elsewhere',
  '._Version.meta': 'v1.2.3',
  'stages/gone.yaml': 'Name: gone\n',
  'tasks/gone.yaml': 'Name: gone\n',
  'templates/gone': 'x',
  'params/gone.yaml': 'Name: gone\n',
  'bootenvs/gone.yaml': 'Name: gone\n',
  'profiles/gone.yaml': 'Name: gone\n',
};

test('what is named and not there is a warning with file and line', async () => {
  const { problems } = await readPack(referring);
  assert.deepEqual(
    problems.map((problem) => problem.replace(' in the packs at hand', '')),
    [
      'warning: workflows/w.yaml:5: Stages.2: there is no stage gone',
      'warning: bootenvs/here.yaml:4: Templates.0.ID: there is no template gone',
      'warning: bootenvs/here.yaml:5: RequiredParams.0: there is no param gone',
      'warning: stages/here.yaml:9: BootEnv: there is no bootenv gone',
      'warning: stages/here.yaml:4: Tasks.1: there is no task gone',
      'warning: stages/here.yaml:10: Profiles.1: there is no profile gone',
      'warning: stages/here.yaml:7: Templates.0.ID: there is no template gone',
      'warning: stages/here.yaml:8: RequiredParams.0: there is no param gone',
      'warning: tasks/here.yaml:9: Prerequisites.0: there is no task gone',
      'warning: tasks/here.yaml:5: Templates.2.ID: there is no template gone',
      'warning: tasks/here.yaml:8: RequiredParams.1: there is no param gone',
    ],
  );
});

test('another pack may have what is named', async () => {
  const { bundle } = await readPack(elsewhere);
  assert.deepEqual((await readPack(referring, { others: [bundle] })).problems, []);
});

test('a required pack that is not at hand is a warning, too, or trusted to have what is named', async () => {
  const requiring = { ...referring, '._Prerequisites.meta': 'BasicStore, elsewhere: >=1.0.0' };
  const { problems } = await readPack(requiring);
  assert.equal(problems[0], 'warning: ._Prerequisites.meta: requires elsewhere, which is not at hand');
  assert.equal(problems.length, 12);
  assert.deepEqual((await readPack(requiring, { trustsRequired: true })).problems, []);
  const { bundle } = await readPack({ ...elsewhere, 'tasks/gone.yaml': 'Name: another\n' });
  assert.deepEqual((await readPack(requiring, { others: [bundle], trustsRequired: true })).problems, [
    'warning: stages/here.yaml:4: Tasks.1: there is no task gone in the packs at hand',
    'warning: tasks/here.yaml:9: Prerequisites.0: there is no task gone in the packs at hand',
  ]);
});

test('a required pack of another version is a warning', async () => {
  const { bundle } = await readPack(elsewhere);
  const requiring = (range: string) =>
    readPack({ '._Prerequisites.meta': `elsewhere: ${range}` }, { others: [bundle] });
  assert.deepEqual((await requiring('>=1.0.0 <2.0.0')).problems, []);
  assert.deepEqual((await requiring('>=2.0.0')).problems, [
    'warning: ._Prerequisites.meta: requires elsewhere >=2.0.0, and the one at hand is v1.2.3',
  ]);
});

test('ranges of versions are read as the endpoint reads them', async () => {
  const ranges = await readFile(path.join(import.meta.dirname, '../fixtures/version-ranges.txt'), 'utf8');
  for (const line of ranges.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const [range = '', parses] = line.split('\t');
    // A comma ends a prerequisite.
    if (range.includes(',')) continue;
    const { list } = await readPack({ '._Prerequisites.meta': `one, two: ${range}` });
    assert.equal(!list.some(({ severity }) => severity === 'error'), parses === 'true', range);
  }
});

test('prerequisites that are not valid are an error', async () => {
  for (const [prerequisites, message] of [
    ['one: >=1.0', /"one: >=1\.0": .*expected >=X\.Y\.Z with all three numbers/],
    ['one:', /"one: ": .*is not a range of versions/],
    [': >1.0.0', /": >1\.0\.0" names no pack/],
  ] as const) {
    const { problems } = await readPack({ '._Prerequisites.meta': prerequisites }, { trustsRequired: true });
    assert.equal(problems.length, 1);
    assert.match(String(problems), message);
    assert.match(String(problems), /^error: \._Prerequisites\.meta: /);
  }
});
