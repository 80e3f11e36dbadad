import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFree, startBmc } from '../support/ipmi-simulator.ts';
import { until } from '../support/until.ts';

test('a simulated BMC dies with the process that started it', async () => {
  const module = join(import.meta.dirname, '../support/ipmi-simulator.ts');
  const script = `
    const { startBmc } = await import(${JSON.stringify(module)});
    const bmc = await startBmc({ address: '127.0.0.8' });
    console.log(bmc.port);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const port = Number(line);
  assert.equal(await isFree('127.0.0.8', port), false);
  child.kill('SIGKILL');
  await until(() => isFree('127.0.0.8', port), 'the BMC to be gone');
});

test('a port that is taken is an error', async () => {
  const bmc = await startBmc({ address: '127.0.0.8' });
  try {
    await assert.rejects(
      startBmc({ address: '127.0.0.8', port: bmc.port }),
      /port \d+ of 127\.0\.0\.8 is taken/,
    );
  } finally {
    await bmc.close();
  }
});

test('an ipmi_sim that does not start is an error with its reason, and nothing stays behind', async () => {
  await assert.rejects(startBmc({ username: 'two "words' }), /ipmi_sim ended at its start: ./);
});
