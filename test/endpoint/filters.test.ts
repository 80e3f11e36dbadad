import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from './running-endpoint.ts';

/** Five machines, m1 to m5, and what filters can tell them apart by. */
async function open(): Promise<Running> {
  const running = await Running.open();
  await running.ok('POST', 'params', { Name: 'a/rank', Schema: { type: 'integer', default: 3 } });
  await running.ok('POST', 'profiles', { Name: 'odd', Params: { 'a/rank': 1 } });
  for (const number of [1, 2, 3, 4, 5]) {
    await running.ok('POST', 'machines', {
      Name: `m${number}`,
      Description: number > 2 ? 'big' : 'small',
      Profiles: number % 2 === 1 ? ['odd'] : ['global'],
      Params: number === 2 ? { 'a/rank': 8 } : { [`only/${number}`]: 'x' },
      Meta: { color: number > 3 ? 'red' : 'blue' },
      RetryTaskAttempt: number * 10,
    });
  }
  return running;
}

const CASES: readonly (readonly [string, readonly number[]])[] = [
  ['Name=m1', [1]],
  ['Name=Eq(m1)', [1]],
  ['Name=Ne(m1)', [2, 3, 4, 5]],
  ['Name=Lt(m3)', [1, 2]],
  ['Name=Lte(m3)', [1, 2, 3]],
  ['Name=Gt(m3)', [4, 5]],
  ['Name=Gte(m3)', [3, 4, 5]],
  ['Name=Re(^m[12]$)', [1, 2]],
  ['Name=Between(m2,m4)', [2, 3, 4]],
  ['Name=Except(m2,m4)', [1, 5]],
  ['Name=In(m1,m5,m9)', [1, 5]],
  ['Name=Nin(m1,m5)', [2, 3, 4]],
  ['Name=m1&Name=m2', [1, 2]],
  ['Name=Gt(m1)&Description=small', [2]],
  ['Name=Zip(m1)', []],
  ['RetryTaskAttempt=Gt(20)', [3, 4, 5]],
  ['RetryTaskAttempt=Between(9,20)', [1, 2]],
  ['Runnable=true', [1, 2, 3, 4, 5]],
  ['Locked=Eq(true)', []],
  ['Valid=true', [1, 2, 3, 4, 5]],
  ['Profiles=odd', [1, 3, 5]],
  ['Profiles=Eq(odd,global)', []],
  ['Params=only/3', [3]],
  ['Meta.color=red', [4, 5]],
  ['Meta.color=Re(^b)', [1, 2, 3]],
  ['Meta.none=x', []],
  ['a/rank=1', [1, 3, 5]],
  ['a/rank=3', [4]],
  ['a/rank=Gt(2)', [2, 4]],
  ['a/rank=In(1,8)', [1, 2, 3, 5]],
  ['Name=Ne(zip)&sort=Name&reverse=true', [5, 4, 3, 2, 1]],
  ['sort=RetryTaskAttempt&limit=2', [1, 2]],
  ['sort=Name&offset=3', [4, 5]],
  ['sort=Name&offset=1&limit=2', [2, 3]],
  ['sort=a/rank&sort=Name', [1, 3, 5, 4, 2]],
  ['sort=Name&limit=0', []],
  ['sort=Name&offset=9', []],
];

test('every operator, sorting, and a part of a list give what they should', async () => {
  await using running = await open();
  for (const [query, numbers] of CASES) {
    const machines = await running.list(`machines?${query}`);
    const names = machines.map(({ Name }) => String(Name));
    if (!query.includes('sort')) names.sort();
    assert.deepEqual(
      names,
      numbers.map((number) => `m${number}`),
      query,
    );
  }
});

test('the headers of a list say how many there are, and HEAD says the same without a body', async () => {
  await using running = await open();
  for (const method of ['GET', 'HEAD']) {
    const { headers, text } = await running.call(method, 'machines?Description=big&limit=2');
    assert.deepEqual(
      ['total-count', 'filter-count', 'count'].map((what) => headers[`x-drp-list-${what}`]),
      ['5', '3', '2'],
    );
    assert.equal(text === '', method === 'HEAD');
  }
  assert.equal((await running.call('HEAD', 'plugin_providers')).headers['x-drp-list-count'], '0');
});

test('a filter that cannot be understood is refused', async () => {
  await using running = await open();
  for (const [query, expected] of [
    ['Cow=x', /Filter not found: Cow/],
    ['Runnable=fred', /Runnable: must be true or false/],
    ['RetryTaskAttempt=fred', /not a number: fred/],
    ['Name=Re(()', /Name: Invalid regular expression/],
    ['Name=Between(a)', /two bounds/],
    ['Name=Between(a,b,c)', /two bounds/],
    ['sort=Cow', /Cow/],
    ['limit=x', /limit not valid/],
    ['offset=-1', /^Offset cannot be negative$/],
    ['limit=-1', /^Limit cannot be negative$/],
  ] as const) {
    assert.match(await running.refused(406, 'GET', `machines?${query}`), expected, query);
  }
  await running.refused(406, 'GET', 'users?PasswordHash=Re(.)');
});

test('a list can leave out params and meta data, and shows that it did', async () => {
  await using running = await open();
  const [slim] = await running.list('machines?slim=Params,Meta&Name=m2');
  assert.deepEqual([slim?.Params, slim?.Meta, slim?.Partial], [{}, {}, true]);
  const [some] = await running.list('machines?params=a/rank,none&slim=params&Name=m2');
  assert.deepEqual([some?.Params, some?.Partial], [{ 'a/rank': 8 }, true]);
  const [whole] = await running.list('machines?Name=m2');
  assert.equal(whole?.Partial, false);
  const one = await running.ok('GET', 'machines/Name:m2?slim=Meta');
  assert.deepEqual([one.Meta, one.Params], [{}, { 'a/rank': 8 }]);
});
