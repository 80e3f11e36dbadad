import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { next, outcomeOf, STATES, type State, stateTable, TROUBLE } from '../../lib/agent/index.ts';

test('each exit of a state leads to a state, and each state can be reached and left', () => {
  const names = Object.keys(STATES) as State[];
  const reached = new Set<string>(['INIT']);
  for (const state of names) {
    const exits = Object.keys(STATES[state].exits);
    assert.ok(exits.length > 0, state);
    for (const exit of exits) reached.add(next(state, exit));
  }
  assert.deepEqual([...reached].sort(), [...names, 'ENDED'].sort());
  for (const trouble of Object.keys(TROUBLE)) assert.ok(next('RUN_TASK', trouble));
});

test('an exit that a state does not have is a mistake of the program', () => {
  for (const exit of ['nowhere', 'toString', '']) assert.throws(() => next('INIT', exit), /INIT has no exit/);
});

test('the documentation has the table that the agent runs by', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/agent.md'), 'utf8');
  assert.ok(page.includes(stateTable()), 'docs/agent.md: put in what `stateTable()` of lib/agent prints');
});

test('every exit code has its meaning, sane and original', () => {
  const meaning = (code: number | null, sane: boolean) => {
    const { failed, incomplete, wants } = outcomeOf(code, sane);
    return [failed && 'failed', incomplete && 'incomplete', wants].filter(Boolean).join(' ') || 'finished';
  };
  const sane: Record<number, string> = {
    0: 'finished',
    16: 'stop',
    32: 'poweroff',
    64: 'reboot',
    128: 'incomplete',
    144: 'incomplete stop',
    160: 'incomplete poweroff',
    192: 'incomplete reboot',
  };
  const original: Record<number, string> = {
    0: 'finished',
    1: 'reboot',
    2: 'incomplete',
    3: 'incomplete reboot',
  };
  for (let code = 0; code < 256; code += 1) {
    assert.equal(meaning(code, true), sane[code] ?? 'failed', `sane ${code}`);
    assert.equal(meaning(code, false), original[code] ?? 'failed', `original ${code}`);
  }
  assert.deepEqual([meaning(null, true), meaning(null, false)], ['failed', 'failed']);
});
