import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'kit-package-'));
const project = join(folder, 'hello');
after(() => rmSync(folder, { recursive: true, force: true }));

/** An author's environment: the test runner's own would make a test run inside it silent, and find this checkout. */
const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, PATH = '', ...rest } = process.env;
const env = {
  ...rest,
  PATH: PATH.split(':')
    .filter((path) => !path.startsWith(root))
    .join(':'),
};

function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 500_000,
  });
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

let archive = '';
before(() => {
  const [, name = ''] = /^bin\/(\S+\.tgz): /m.exec(run(root, 'scripts/package')) ?? [];
  archive = join(root, 'bin', name);
  run(folder, 'npm', 'install', archive, '--no-audit', '--no-fund', '--prefer-offline');
});

test('the package has less than 3 MB, and neither tests nor sources', () => {
  assert.ok(statSync(archive).size < 3_000_000);
  const files = run(folder, 'tar', '-tzf', archive).trim().split('\n');
  for (const file of [
    'lib/plugin/index.d.ts',
    'lib/testing/stopped-clock.js',
    ...globSync('cmd/drpkit/new/template/**/{*,.*,.*/**}', { cwd: root }).filter((path) =>
      statSync(join(root, path)).isFile(),
    ),
  ]) {
    assert.ok(files.includes(`package/${file}`), file);
  }
  assert.ok(files.includes('package/lib/inspector/page.generated.js'));
  const odd = files.filter(
    (file) => /(?<!\.d)\.ts$|\.tsx$|\/test\//.test(file) && !file.includes('/new/template/'),
  );
  assert.deepEqual(odd, []);
});

test('an author who has only the package makes, tests and builds a provider', () => {
  run(folder, 'npx', 'drpkit', 'new', 'hello');
  const { devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  assert.match(devDependencies['drp-plugins'], /^file:.*\.tgz$/);
  // What `npm install` would put there.
  symlinkSync('../node_modules', join(project, 'node_modules'));
  assert.match(run(project, 'npm', 'test'), /pass 3\n/);
  run(project, 'npm', 'run', 'build');
  const [platform = ''] = readdirSync(join(project, 'bin')).filter(
    (name) => name === 'linux' || name === 'darwin',
  );
  const [arch = ''] = readdirSync(join(project, 'bin', platform));
  const define = JSON.parse(run(project, join('bin', platform, arch, 'hello'), 'define'));
  assert.deepEqual([define.Name, define.Version], ['hello', 'v0.1.1']);
  assert.match(
    define.Content,
    /^meta:\n(?: .*\n)* {2}Description: Greets machines\n(?: .*\n)* {2}Name: hello\n/,
  );
});

test('everything that the package exports can be imported, and says that of itself in types', () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/drp-plugins/package.json'), 'utf8'));
  const names = Object.keys(manifest.exports).filter((name) => !name.endsWith('.json'));
  assert.ok(names.length >= 9);
  const script = names.map((name) => `await import('drp-plugins/${name.slice(2)}');`).join('\n');
  run(folder, process.execPath, '--input-type=module', '--eval', script);
  for (const name of names) statSync(join(folder, 'node_modules/drp-plugins', manifest.exports[name].types));
});
