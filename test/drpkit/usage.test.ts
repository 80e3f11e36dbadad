import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Runner } from './runner.ts';

/** Nobody listens there. */
const NOWHERE = { RS_ENDPOINT: 'https://127.0.0.1:1', RS_TOKEN: 'token' };

const WRONG: readonly [string, string][] = [
  [
    'machines wait m Stage',
    'drpkit machines wait [id] [field] [value] [timeout] [flags] requires at least 3 arguments',
  ],
  [
    'machines wait m a b c d',
    'drpkit machines wait [id] [field] [value] [timeout] [flags] requires at most 4 arguments',
  ],
  [
    'machines inserttask m',
    'drpkit machines inserttask [id] [task] [offset] [flags] expects 2 or 3 arguments',
  ],
  ['machines workflow m', 'drpkit machines workflow [id] [workflow] [flags] requires 2 arguments'],
  [
    'machines meta set m key a',
    'drpkit machines meta set [id] key [key] to [val] [flags] requires 3 arguments',
  ],
  ['machines inspect tasks m', 'inspect tasks requires 2 or 3 arguments'],
  ['jobs log', 'drpkit jobs log [id] [- or string] [flags] requires at least 1 argument'],
  ['users password u', 'drpkit users password [id] [password] [flags] needs 2 args'],
  ['users passwordhash', 'drpkit users passwordhash [password] [flags] needs 1 arg'],
  ['files list a b', 'drpkit files list [path] [flags]: Expected 0 or 1 argument'],
  ['files upload a as', 'drpkit files upload [src] as [dest] [flags] requires 1 or 2 arguments'],
  ['subnets range lab 1', 'drpkit subnets range [subnetName] [startIP] [endIP] [flags] requires 3 arguments'],
  ['pools status', 'Must provide a pool'],
  ['pools active x', 'Does not take parameters'],
  ['pools manage add', 'Must specify a pool id'],
  ['debug heap', 'drpkit debug [type] [target] [flags] requires 2 arguments'],
  ['templates upload a', 'drpkit templates upload [file] as [id] [flags]: expected 3 argument'],
  ['machines jobs milk', 'unknown command "milk" for "drpkit machines jobs"'],
];

test('what is wrong with the arguments is said in the words of drpcli, without an endpoint', async () => {
  using drpkit = new Runner(NOWHERE);
  for (const [line, message] of WRONG) {
    assert.equal(await drpkit.error(...line.split(' ')), `Error: ${message}`, line);
  }
});
