import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerIn, failureIn } from '../../cmd/ipmi/racadm/text.ts';

const ALERT = 'Security Alert: Certificate is invalid - Certificate is not signed by Trusted Third Party';
const GOING_ON =
  'Continuing execution. Use -S option for racadm to stop execution on certificate-related errors.';

test('the answer of racadm is what remains without alerts, questions, progress and padding', () => {
  for (const [output, answer] of [
    ['Server power status: ON\n', 'Server power status: ON\n'],
    [`${ALERT}\r\n${GOING_ON}\r\nServer power status: ON\r\n`, 'Server power status: ON\n'],
    [`${ALERT}\n${GOING_ON}\nUserName: Password: Server power status: ON  \n\n`, 'Server power status: ON\n'],
    [`UserName: \nPassword:\n${ALERT}\n${GOING_ON}\n\nON\n`, 'ON\n'],
    [
      'RAC is busy...\r              \rObject value modified successfully     \n',
      'Object value modified successfully\n',
    ],
    ['[Key=a]\nObject value modified successfully\n', '[Key=a]\nObject value modified successfully\n'],
    ['UserName: Password: ', ''],
    ['', ''],
  ] as const) {
    assert.equal(answerIn(output), answer);
  }
});

test('a failure is told by the exit code, or by a line that begins with ERROR', () => {
  const failure = (code: number | null, stdout = '', stderr = '') =>
    failureIn('10.0.0.1:443', { code, stdout, stderr }, '')?.messages;
  assert.equal(failure(0, 'ON\n'), undefined);
  assert.equal(failure(0, 'The last ERROR was long ago\n'), undefined);
  assert.equal(failure(1, '', 'Server is already powered ON.\n'), undefined);
  assert.equal(failure(2, 'ERROR: Server is already powered OFF.\n'), undefined);
  assert.deepEqual(failure(3), ['BMC 10.0.0.1:443: racadm failed with code 3']);
  assert.deepEqual(failure(null), ['BMC 10.0.0.1:443: unknown: a signal ended racadm']);
  assert.deepEqual(failure(0, '', 'ERROR: No more sessions are available for this type of connection!\n'), [
    'BMC 10.0.0.1:443: has no session free',
    'racadm: ERROR: No more sessions are available for this type of connection!',
  ]);
});

test('of a long complaint, a few short lines are quoted', () => {
  const stdout = `ERROR: ${'x'.repeat(5_000)}\n`.repeat(100);
  const [, ...quoted] = failureIn('10.0.0.1:443', { code: 1, stdout, stderr: '' }, '')?.messages ?? [];
  assert.equal(quoted.length, 5);
  assert.ok(quoted.every((line) => line.length < 320));
});

test('a password is hidden also where the end of a line cost it its spaces', () => {
  const messages = (secret: string) =>
    failureIn('10.0.0.1:443', { code: 1, stdout: `ERROR: no: ${secret}\n`, stderr: '' }, secret)?.messages;
  assert.deepEqual(messages('hush '), [
    'BMC 10.0.0.1:443: racadm failed with code 1',
    'racadm: ERROR: no: ***',
  ]);
});
