import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFolder, checkId, checkName, checkSize, checkUser } from '../../cmd/virtualbox-ipmi/checks.ts';
import { planOf } from '../../cmd/virtualbox-ipmi/plan.ts';
import { settingsOf } from '../../cmd/virtualbox-ipmi/settings.ts';
import { anyCharacter, fc } from '../support/properties.ts';

const refuses = (check: () => unknown, message: RegExp) => assert.throws(check, { code: 400, message });

test('names of users that sudo could misread are refused with the param named', () => {
  for (const user of ['vagrant', 'j.doe', 'svc_vbox', 'u-1', 'me@EXAMPLE.COM'])
    assert.equal(checkUser(user, 'p'), user);
  for (const user of [
    '',
    '-u',
    '--help',
    '#0',
    'a b',
    'a;b',
    'a\n',
    '../x',
    'ä',
    7,
    null,
    undefined,
    'x'.repeat(65),
  ]) {
    refuses(() => checkUser(user, 'virtualbox/user'), /virtualbox\/user: expected the name of a user/);
  }
});

test('names of VMs that vboxmanage could misread are refused with the param named', () => {
  for (const name of ['n1', 'node-1.example.com', 'Windows 10 (old)', 'Möwe', '7'])
    assert.equal(checkName(name, 'p'), name);
  const uuid = '3e7031fc-3062-45f1-835c-92541bc9cbd3';
  for (const name of [
    '',
    '-n1',
    '--delete',
    '.hidden',
    ' x',
    'a/b',
    'a\\b',
    'a"b',
    "a'b",
    'a\nb',
    '{x}',
    '$x',
    uuid,
    7,
    null,
  ]) {
    refuses(() => checkName(name, 'virtualbox/name'), /virtualbox\/name: expected the name of a VM/);
  }
});

test('no text that is let through starts like an option or has a control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      for (const check of [checkUser, checkName, checkId, checkFolder]) {
        try {
          const passed = check(text, 'p');
          assert.doesNotMatch(passed, /^-|\p{Cc}/u);
        } catch (error) {
          assert.match(String(error), /p: expected/);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('a UUID is taken in upper and lower case, and nothing else is', () => {
  const upper = '3E7031FC-3062-45F1-835C-92541BC9CBD3';
  assert.equal(checkId(upper.toLowerCase(), 'p'), upper);
  for (const id of ['', 'n1', `{${upper}}`, `${upper}\n`, `-${upper}`, 7]) {
    refuses(() => checkId(id, 'virtualbox/id'), /virtualbox\/id: expected a VM's UUID/);
  }
});

test('sizes are whole numbers, and defaults stand in for those that are not set', () => {
  assert.equal(checkSize(1, 'p'), 1);
  for (const size of [0, -1, 1.5, '2', null, Number.NaN, 1e300]) {
    refuses(() => checkSize(size, 'virtualbox/cpus'), /virtualbox\/cpus: expected a whole number from 1/);
  }
  assert.deepEqual(planOf('n1', { 'virtualbox/cpus': 4, 'virtualbox/vram-size-mb': 0 }, '/vms'), {
    name: 'n1',
    cpus: 4,
    memoryMb: 2048,
    videoMemoryMb: 0,
    diskMb: 20_480,
    folder: '/vms',
  });
  refuses(() => planOf('-n1', {}, undefined), /^plugin: plugin\/virtualbox-ipmi: Name: expected/);
});

test('the plugin object says whose VMs these are, and where new ones are kept', () => {
  const settings = { plugin: 'vbox', user: 'me', folder: undefined };
  assert.deepEqual(settingsOf('vbox', { 'virtualbox/user': 'me' }), settings);
  assert.deepEqual(settingsOf('vbox', { 'virtualbox/user': 'me', 'virtualbox/vm-path': '' }), settings);
  refuses(() => settingsOf('vbox', {}), /virtualbox\/user: expected .*; found null/);
  refuses(
    () => settingsOf('vbox', { 'virtualbox/user': 'me', 'virtualbox/vm-path': 'vms' }),
    /virtualbox\/vm-path: expected an absolute path; found "vms"/,
  );
});
