import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { VirtualBox } from '../support/fake-vboxmanage/index.ts';

/** What these tests rely on. */
test('the stand-in goes on when a command is killed while it waits, and does nothing more of it', async () => {
  await using box = await VirtualBox.open();
  const start = (...args: string[]) => spawn(join(box.bin, 'vboxmanage'), args, { stdio: 'ignore' });
  await box.hold('createvm-between');
  const killed = start('createvm', '--name', 'n1', '--register');
  await box.held('createvm-between');
  killed.kill('SIGKILL');
  await once(killed, 'close');
  await box.release('createvm-between');
  // As one leaves them that is killed once it has handed over its command.
  await box.put('call.0', 'list\0vms\0');
  await once(spawn('mkfifo', [join(box.folder, 'call.0.ended')]), 'close');
  await appendFile(join(box.folder, 'requests'), '0\n');
  const [code] = await once(start('createvm', '--name', 'n2', '--register'), 'close');
  assert.equal(code, 0);
  assert.equal(box.vm('n1'), undefined);
  assert.equal(box.vm('n2')?.state, 'poweroff');
});
