import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';

/** The programs that scripts/prepare may take for granted. */
const PLAIN = ['sh', 'dirname', 'cmp', 'mkdir', 'cat', 'date', 'rm', 'tail', 'env', 'cp', 'ln'];

/** Does what npm 10 does: node's own link in node_modules/.bin is missing afterwards. */
const NPM = `#!/bin/sh
echo "npm $*" >>calls
mkdir -p node_modules/.bin node_modules/node-any-any/bin
printf '#!/bin/sh\\n' >node_modules/node-any-any/bin/node
chmod +x node_modules/node-any-any/bin/node
`;

/** Knows its packages only after an update, as in a fresh container. */
const APT_GET = `#!/bin/sh
echo "apt-get $*" >>calls
[ "$1" = install ] || exec touch updated
[ -e updated ] || { echo 'Unable to locate package' >&2; exit 100; }
for tool in ipmitool ipmi_sim; do printf '#!/bin/sh\\n' >"$BIN/$tool"; chmod +x "$BIN/$tool"; done
`;

suite('scripts/prepare', () => {
  let root = '';
  let bin = '';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'prepare-'));
    bin = join(root, 'programs');
    await mkdir(join(root, 'scripts'));
    await mkdir(bin);
    await copyFile(join(import.meta.dirname, '../../scripts/prepare'), join(root, 'scripts/prepare'));
    await writeFile(join(root, 'package-lock.json'), '{"lockfileVersion":3}');
    for (const name of [...PLAIN, 'chmod', 'touch', 'true']) await symlink(locate(name), join(bin, name));
    await program('npm', NPM);
    await program('sleep', `#!/bin/sh\nexec ${locate('sleep')} 0.05\n`);
    await program('id', '#!/bin/sh\necho 1000\n');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function program(name: string, text: string): Promise<void> {
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  }

  /** Runs scripts/prepare with no programs but those in `bin`, and no stdin. */
  function prepare(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const options = { env: { PATH: bin, BIN: bin, HOME: root }, timeout: 60_000 };
      const child = execFile(join(root, 'scripts/prepare'), args, options, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end();
    });
  }

  const calls = (): Promise<string[]> =>
    readFile(join(root, 'calls'), 'utf8').then(
      (text) => text.trim().split('\n'),
      () => [],
    );

  test('installs the packages once, again when package-lock.json changed, and links node where npm did not', async () => {
    assert.equal((await prepare('packages')).code, 0);
    assert.equal(await readlink(join(root, 'node_modules/.bin/node')), '../node-any-any/bin/node');
    assert.deepEqual(await prepare('packages'), { code: 0, stdout: '', stderr: '' });
    const install = 'npm ci --include=dev --include=optional --no-audit --no-fund';
    assert.deepEqual(await calls(), [install]);
    await writeFile(join(root, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}');
    assert.equal((await prepare('packages')).code, 0);
    assert.deepEqual(await calls(), [install, install]);
  });

  suite('after npm ci by hand', () => {
    const needed = { version: '1.0.0', integrity: 'sha512-AAAA' };
    const optional = { version: '1.0.0', integrity: 'sha512-BBBB', optional: true };
    const locked = { '': {}, 'node_modules/needed': needed, 'node_modules/for-macos': optional };
    const installed = (packages: object) =>
      writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));

    beforeEach(async () => {
      await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: locked }));
      await mkdir(join(root, 'node_modules/node-any-any/bin'), { recursive: true });
      await mkdir(join(root, 'node_modules/.bin'));
      await symlink(process.execPath, join(root, 'node_modules/node-any-any/bin/node'));
    });

    test('installs nothing, and links node where npm did not', async () => {
      await installed({ 'node_modules/needed': needed });
      assert.deepEqual(await prepare('packages'), { code: 0, stdout: '', stderr: '' });
      assert.equal(await readlink(join(root, 'node_modules/.bin/node')), '../node-any-any/bin/node');
      assert.deepEqual(await prepare('packages'), { code: 0, stdout: '', stderr: '' });
      assert.deepEqual(await calls(), []);
    });

    for (const [what, packages] of [
      ['a package is missing', {}],
      ['a package is another', { 'node_modules/needed': { ...needed, integrity: 'sha512-CCCC' } }],
      ['an optional package is another', { 'node_modules/needed': needed, 'node_modules/for-macos': needed }],
    ] as const) {
      test(`installs the packages when ${what}`, async () => {
        await installed(packages);
        assert.equal((await prepare('packages')).code, 0);
        assert.equal((await calls()).length, 1);
      });
    }

    test('installs the packages when what npm noted down cannot be read', async () => {
      await writeFile(join(root, 'node_modules/.package-lock.json'), 'milk');
      const { code, stderr } = await prepare('packages');
      assert.deepEqual([code, stderr, (await calls()).length], [0, '', 1]);
    });
  });

  test('shows what npm said when it fails, and does not take the packages for installed', async () => {
    await program('npm', '#!/bin/sh\necho "registry unreachable" >&2\nexit 1\n');
    const { code, stderr } = await prepare();
    assert.equal(code, 1);
    assert.match(stderr, /failed\nregistry unreachable\n$/);
    assert.ok(!existsSync(join(root, 'node_modules')));
  });

  test('says in one line what to install where it may not install', async () => {
    await program('apt-get', APT_GET);
    await program('sudo', '#!/bin/sh\nexit 1\n');
    const { code, stderr } = await prepare();
    assert.equal(code, 1);
    assert.match(stderr, /^prepare: ipmitool and ipmi_sim are needed: .*Debian.*Fedora.*macOS.*\n$/);
    assert.ok(!(await calls()).some((call) => call.startsWith('apt-get')));
  });

  for (const [who, id, sudo] of [
    ['root', '0', 'exit 1'],
    ['a user whom sudo asks no password', '1000', '[ "$1" = -n ] && shift && echo sudo >>calls && exec "$@"'],
  ] as const) {
    test(`installs ipmitool and ipmi_sim as ${who}`, async () => {
      await program('apt-get', APT_GET);
      await program('id', `#!/bin/sh\necho ${id}\n`);
      await program('sudo', `#!/bin/sh\n${sudo}\n`);
      const { code, stderr } = await prepare();
      assert.equal(stderr, '');
      assert.equal(code, 0);
      const install = 'apt-get install -y -q --no-install-recommends ipmitool openipmi';
      const made = (await calls()).filter((call) => call.startsWith('apt-get'));
      assert.deepEqual(made, [install, 'apt-get update -q', install]);
      assert.equal((await calls()).includes('sudo'), id !== '0');
    });
  }
});

/** Where the shell would find a program. */
function locate(name: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  assert.ok(found, `${name} is not in PATH`);
  return found;
}
