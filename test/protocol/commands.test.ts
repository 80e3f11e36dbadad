import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { binary, PROVIDERS } from '../support/binary.ts';

const folder = mkdtempSync(join(tmpdir(), 'drp-commands-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function call(name: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(binary(name), args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

describe('the command line', () => {
  for (const name of PROVIDERS) {
    test(`${name} shows its help for --help, help and no command`, () => {
      const { status, stdout } = call(name, '--help');
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
      assert.equal(call(name).stdout, stdout);
      assert.equal(call(name, 'help').stdout, stdout);
      assert.equal(call(name, '-dh').stdout, stdout);
      assert.deepEqual(call(name, 'help', 'define'), call(name, 'define', '--help'));
    });

    test(`${name} takes --debug before a command as well as after it`, () => {
      assert.equal(call(name, '-d', 'define').stdout, call(name, 'define', '--debug').stdout);
    });

    test(`${name} refuses what it does not know`, () => {
      assert.deepEqual(call(name, 'bogus'), {
        status: 1,
        stdout: '',
        stderr: `Error: unknown command "bogus" for "${name}"\nRun '${name} --help' for usage.\n`,
      });
      assert.equal(call(name, 'version', 'extra').status, 1);
      assert.equal(call(name, 'version', '--zip').status, 1);
      assert.deepEqual(call(name, '--zip'), {
        status: 1,
        stdout: '',
        stderr: `Error: Unknown argument: zip\nRun '${name} --help' for usage.\n`,
      });
      assert.equal(call(name, 'help', 'bogus').status, 1);
    });

    test(`${name} says Failed to an endpoint when listen lacks a socket`, () => {
      for (const args of [[], ['a']]) {
        const { status, stdout, stderr } = call(name, 'listen', ...args);
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

    test(`${name} unpack without a folder is an error`, () => {
      assert.equal(call(name, 'unpack').status, 1);
      assert.equal(call(name, 'unpack', '').status, 1);
    });

    test(`${name} writes a bash completion that completes`, () => {
      const file = join(folder, `${name}.bash`);
      assert.deepEqual(call(name, 'autocomplete', file), { status: 0, stdout: '', stderr: '' });
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
