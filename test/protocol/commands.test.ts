import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, mock, test } from 'node:test';
import type { Plugin } from '../../lib/plugin/define.ts';
import { statusOf } from '../../lib/plugin/run.ts';
import { binary, PROVIDERS } from '../support/binary.ts';

const folder = mkdtempSync(join(tmpdir(), 'drp-commands-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the executable of a provider to its end. */
function call(name: string, ...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(binary(name), args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

/** Runs the command line of a provider in this process, which takes a hundredth of the time. */
async function callHere(name: string, ...args: string[]): Promise<Outcome> {
  const { default: plugin }: { default: Plugin } = await import(`../../cmd/${name}/plugin.ts`);
  const printed = ['', '', ''];
  const written = mock.method(fs, 'writeSync', (descriptor: number, bytes: Buffer, at: number) => {
    printed[descriptor] += bytes.subarray(at).toString();
    return bytes.length - at;
  });
  // Of yargs.
  const logged = mock.method(console, 'log', (text: string) => {
    printed[1] += `${text}\n`;
  });
  syncBuiltinESMExports();
  try {
    const status = await statusOf(plugin, args);
    return { status, stdout: printed[1] ?? '', stderr: printed[2] ?? '' };
  } finally {
    logged.mock.restore();
    written.mock.restore();
    syncBuiltinESMExports();
  }
}

/** All of this is tried with the executable of one, which has the code of all in common, and in this process with the others. */
const STARTED = 'incrementer';

describe('the command line', () => {
  for (const name of PROVIDERS) {
    const run = (...args: string[]) => (name === STARTED ? call(name, ...args) : callHere(name, ...args));

    test(`${name} shows its help for --help, help and no command`, async () => {
      const { status, stdout } = await run('--help');
      assert.equal(status, 0);
      for (const word of [
        'define',
        'unpack <folder>',
        'listen <to-socket> <from-socket>',
        'version',
        '--debug',
      ]) {
        assert.ok(stdout.includes(word), word);
      }
      assert.equal((await run()).stdout, stdout);
      assert.equal((await run('help')).stdout, stdout);
      assert.equal((await run('-dh')).stdout, stdout);
      assert.deepEqual(await run('help', 'define'), await run('define', '--help'));
    });

    test(`${name} takes --debug before a command as well as after it`, async () => {
      assert.equal((await run('-d', 'define')).stdout, (await run('define', '--debug')).stdout);
    });

    test(`${name} refuses what it does not know`, async () => {
      assert.deepEqual(await run('bogus'), {
        status: 1,
        stdout: '',
        stderr: `Error: unknown command "bogus" for "${name}"\nRun '${name} --help' for usage.\n`,
      });
      assert.equal((await run('version', 'extra')).status, 1);
      assert.equal((await run('version', '--zip')).status, 1);
      assert.deepEqual(await run('--zip'), {
        status: 1,
        stdout: '',
        stderr: `Error: Unknown argument: zip\nRun '${name} --help' for usage.\n`,
      });
      assert.equal((await run('help', 'bogus')).status, 1);
    });

    test(`${name} says Failed to an endpoint when listen lacks a socket`, async () => {
      for (const args of [[], ['a']]) {
        const { status, stdout, stderr } = await run('listen', ...args);
        assert.equal(status, 1);
        assert.equal(stdout, 'Failed\n');
        assert.match(stderr, /^Error: .*\nUsage: \S+ listen <to-socket> <from-socket>\n$/);
      }
    });

    test(`${name} says Failed when it cannot listen, and why`, () => {
      const missing = join(folder, 'missing');
      const { status, stdout, stderr } = call(name, 'serve', join(missing, 'x'), join(missing, 'y'));
      assert.equal(status, 1);
      assert.equal(stdout, 'Failed\n');
      assert.match(stderr, /^Error: listen .*\/missing\/x: there is no folder/);
    });

    test(`${name} unpack without a folder is an error`, async () => {
      assert.equal((await run('unpack')).status, 1);
      assert.equal((await run('unpack', '')).status, 1);
    });

    test(`${name} writes a bash completion that completes`, async () => {
      const file = join(folder, `${name}.bash`);
      assert.deepEqual(await run('autocomplete', file), { status: 0, stdout: '', stderr: '' });
      const complete = (words: string[]) => {
        const script = `source "${file}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ${`_${name.replaceAll('-', '_')}_complete`}; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p ${name}`;
        const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', name, ...words], {
          cwd: folder,
          encoding: 'utf8',
          timeout: 30_000,
        });
        assert.equal(stderr, '');
        return stdout.trim().split('\n').slice(0, -1);
      };
      assert.deepEqual(complete(['de']), ['define']);
      assert.deepEqual(complete(['--d']), ['--debug']);
      assert.deepEqual(complete(['-d', 'ver']), ['version']);
      writeFileSync(join(folder, 'some file'), '');
      assert.deepEqual(complete(['listen', 'some']), ['some file']);
    });
  }

  test('each executable has the command line of its provider', async () => {
    for (const name of PROVIDERS) {
      assert.deepEqual(call(name, '-d', '-h'), await callHere(name, '--help'));
      const refused = call(name, 'bogus');
      assert.deepEqual(refused, await callHere(name, 'bogus'));
      assert.equal(refused.status, 1);
    }
  });

  test('ipmi has nothing to unpack and creates nothing', () => {
    const target = join(folder, 'nothing');
    assert.deepEqual(call('ipmi', 'unpack', target), { status: 0, stdout: '', stderr: '' });
    assert.equal(existsSync(target), false);
  });

  test('incrementer unpacks its file into a folder that it makes, again and again', () => {
    const target = join(folder, 'a', 'b');
    for (let times = 0; times < 2; times += 1) {
      assert.deepEqual(call('incrementer', 'unpack', target), { status: 0, stdout: '', stderr: '' });
      assert.equal(readFileSync(join(target, 'testFile'), 'utf8'), 'ImaFile');
    }
  });

  test('unpack replaces a link in the place of its file and leaves what the link named alone', () => {
    const target = join(folder, 'linked');
    mkdirSync(target);
    writeFileSync(join(folder, 'precious'), 'precious');
    symlinkSync(join(folder, 'precious'), join(target, 'testFile'));
    assert.equal(call('incrementer', 'unpack', target).status, 0);
    assert.ok(lstatSync(join(target, 'testFile')).isFile());
    assert.equal(readFileSync(join(folder, 'precious'), 'utf8'), 'precious');
  });
});
