import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterQuery } from '../../lib/api/filter.ts';
import { filter, type Machine } from '../../lib/api/index.ts';

test('every operator is written as the endpoint reads it', () => {
  const written = [
    filter.eq('a(b),c'),
    filter.ne(1),
    filter.lt(2.5),
    filter.lte('b'),
    filter.gt('c'),
    filter.gte(true),
    filter.in('a', 'b'),
    filter.nin('a', 'b', 'c'),
    filter.between(1, 9),
    filter.except('a', 'c'),
    filter.re('^a(b|c), d$'),
  ].map(({ text }) => text);
  assert.deepEqual(written, [
    'Eq(a(b),c)',
    'Ne(1)',
    'Lt(2.5)',
    'Lte(b)',
    'Gt(c)',
    'Gte(true)',
    'In(a,b)',
    'Nin(a,b,c)',
    'Between(1,9)',
    'Except(a,c)',
    'Re(^a(b|c), d$)',
  ]);
});

test('a value with a comma is refused where commas separate values, as are no values', () => {
  for (const make of [
    () => filter.in('a,b'),
    () => filter.nin('x', 'a,b'),
    () => filter.between('a,b', 'c'),
    () => filter.except('a', 'b,c'),
    () => filter.in(),
  ]) {
    assert.throws(make, { code: 400 });
  }
});

test('a filter becomes query parameters: conditions, order, extent and shape', () => {
  assert.deepEqual(
    filterQuery<Machine>({
      where: {
        Name: filter.re('^web'),
        Runnable: true,
        'ipmi/mode': ['ipmitool', filter.eq('racadm')],
        'Meta.color': filter.ne('red'),
        Stage: undefined,
      },
      sort: ['Stage', 'Name'],
      reverse: true,
      limit: 10,
      offset: 0,
      slim: ['Meta', 'Params'],
      params: ['a', 'b/c'],
      decode: true,
    }),
    [
      ['Name', 'Re(^web)'],
      ['Runnable', 'Eq(true)'],
      ['ipmi/mode', 'Eq(ipmitool)'],
      ['ipmi/mode', 'Eq(racadm)'],
      ['Meta.color', 'Ne(red)'],
      ['sort', 'Stage'],
      ['sort', 'Name'],
      ['reverse', 'true'],
      ['limit', '10'],
      ['offset', '0'],
      ['slim', 'Meta,Params'],
      ['params', 'a,b/c'],
      ['decode', 'true'],
    ],
  );
  assert.deepEqual(filterQuery({ sort: 'Name' }), [['sort', 'Name']]);
  assert.deepEqual(filterQuery({}), []);
});

test('a filter on a name that the endpoint takes for an option is refused', () => {
  assert.throws(() => filterQuery({ where: { limit: 1 } }), { code: 400 });
});
