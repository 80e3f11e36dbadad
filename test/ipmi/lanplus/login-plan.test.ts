import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoginFailure } from '../../../lib/ipmi/lanplus/login.ts';
import { LoginPlan, type PlannedTerms } from '../../../lib/ipmi/lanplus/login-plan.ts';

const FIRST: PlannedTerms = { suite: 17, privilege: 4, namedInOpenSession: false };

/** The ways that are tried when each fails in this manner, as `suite/privilege`, `+` when it is named in Open Session. */
function ways(
  fails: (terms: PlannedTerms) => LoginFailure,
  suites: readonly number[] = [17, 3],
  first = FIRST,
  mayLower = true,
): { tried: string[]; told: LoginFailure['reason'] | undefined } {
  const plan = new LoginPlan({ suites, first, mayLower });
  const tried: string[] = [];
  for (let terms: PlannedTerms | undefined = plan.first; terms !== undefined; ) {
    tried.push(`${terms.suite}/${terms.privilege}${terms.namedInOpenSession ? '+' : ''}`);
    assert.ok(tried.length < 20, 'it ends');
    terms = plan.after(terms, fails(terms));
  }
  return { tried, told: plan.mostSpecific?.reason };
}

const suite: LoginFailure = { reason: 'suite', status: 0x11 };

test('a suite that is refused is followed by the other one, and no more', () => {
  assert.deepEqual(
    ways(() => suite),
    { tried: ['17/4', '3/4'], told: 'suite' },
  );
  assert.deepEqual(
    ways(() => suite, [17]),
    { tried: ['17/4'], told: 'suite' },
  );
  const known = { ...FIRST, suite: 3 };
  assert.deepEqual(ways(() => suite, [17, 3], known).tried, ['3/4', '17/4']);
});

test('a code that does not fit is tried with the other suite, then with the privilege in Open Session', () => {
  assert.deepEqual(
    ways(() => ({ reason: 'password' })),
    {
      tried: ['17/4', '3/4', '17/4+', '3/4+'],
      told: 'password',
    },
  );
  assert.deepEqual(
    ways(({ suite: id }) => (id === 3 ? suite : { reason: 'password' })),
    { tried: ['17/4', '3/4', '17/4+'], told: 'password' },
  );
});

test('a user or privilege that is refused is tried as an operator, once', () => {
  for (const reason of ['user', 'privilege'] as const) {
    assert.deepEqual(
      ways(() => ({ reason, status: 0x0d })),
      { tried: ['17/4', '17/3'], told: reason },
    );
  }
  assert.deepEqual(
    ways(() => ({ reason: 'user', status: 0x0d }), [17, 3], { ...FIRST, privilege: 3 }).tried,
    ['17/3'],
  );
});

test('a privilege that was asked for is not lowered', () => {
  assert.deepEqual(ways(() => ({ reason: 'privilege', status: 0x0a }), [17, 3], FIRST, false).tried, [
    '17/4',
  ]);
});

test('no session is a reason to try the other suite, and is told where one of them said so', () => {
  const none: LoginFailure = { reason: 'sessions', status: 1 };
  assert.deepEqual(
    ways(() => none),
    { tried: ['17/4', '3/4'], told: 'sessions' },
  );
  assert.deepEqual(
    ways(({ suite: id }) => (id === 17 ? none : suite)),
    { tried: ['17/4', '3/4'], told: 'sessions' },
  );
});

test('a login that was displaced is begun anew in the same way, three times at most', () => {
  assert.deepEqual(
    ways(() => ({ reason: 'displaced', status: 2 })),
    {
      tried: ['17/4', '17/4', '17/4', '17/4'],
      told: 'displaced',
    },
  );
});

test('a wrong key and an unknown refusal end it at once', () => {
  assert.deepEqual(
    ways(() => ({ reason: 'key' })),
    { tried: ['17/4'], told: 'key' },
  );
  assert.deepEqual(
    ways(() => ({ reason: 'refused', status: 0x55, step: 'RAKP 2' })),
    {
      tried: ['17/4'],
      told: 'refused',
    },
  );
});
