import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPack } from './pack.ts';

test('names that the endpoint refuses are errors', async () => {
  const { problems } = await readPack({
    'params/p.yaml': 'Name: p\n',
    'params/q.yaml': 'Name: 1st/param\n',
    'profiles/p.yaml': 'Name: a/b\nProfiles: [x]\nParams: {p: 1, ok/param: 2}\n',
    'stages/s.yaml': 'Name: st\nRequiredParams: [r]\nProfiles: [global, x]\n',
    'templates/1.tmpl': 'x',
    'templates/t': 'x',
    'workflows/w.yaml': 'Name: _w\nStages: [s]\n',
    'cows/c.yaml': 'Id: c\nType: cows\n',
  });
  assert.deepEqual(
    problems.filter((problem) => problem.includes('Invalid')).map((problem) => problem.replace(/`: .*/, '`')),
    [
      'error: params/q.yaml:1: Name: Invalid Name `1st/param`',
      'error: params/p.yaml:1: Name: Invalid Name `p`',
      'error: profiles/p.yaml:1: Name: Invalid Name `a/b`',
      'error: profiles/p.yaml:2: Profiles.0: Invalid Profile Name `x`',
      'warning: profiles/p.yaml:3: Params.p: Invalid Param Name `p`',
      'error: stages/s.yaml:2: RequiredParams.0: Invalid Required Param `r`',
      'error: stages/s.yaml:3: Profiles.1: Invalid Profile `x`',
      'error: templates/t: ID: Invalid ID `t`',
      'error: workflows/w.yaml:1: Name: Invalid Name `_w`',
      'error: workflows/w.yaml:2: Stages.0: Invalid Stage Name `s`',
    ],
  );
});
