import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createProject, TEMPLATES } from '../../cmd/drpkit/new/project.ts';
import { generateContent } from '../../lib/content/index.ts';
import type { PluginProvider } from '../../lib/models/index.ts';
import { readYaml } from '../../lib/yaml/index.ts';
import { oneScript } from '../support/one-script.ts';

const kit = join(import.meta.dirname, '../..');
const run = promisify(execFile);
/** The test runner's own environment would make a test run inside it silent. */
const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
const LIMIT_MS = 300_000;

/** The projects, by template. All of them share what `npm install` would put into each. */
const projects = Object.keys(TEMPLATES).map((template) => ({ template, name: `my-${template}`, folder: '' }));
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'new-projects-'));
  await mkdir(join(root, 'node_modules'));
  await symlink(kit, join(root, 'node_modules/drp-plugins'));
  for (const project of projects) {
    const { template, name } = project;
    project.folder = join(root, name);
    await createProject(project.folder, kit, template);
    await symlink('../node_modules', join(project.folder, 'node_modules'));
    assert.deepEqual((await generateContent(project.folder)).problems, []);
  }
});
after(() => rm(root, { recursive: true, force: true }));

test('the types of all templates are right', async () => {
  const extended = join(kit, 'tsconfig.json');
  const compilerOptions = { typeRoots: [join(kit, 'node_modules/@types')] };
  const include = projects.flatMap(({ name }) => ['cmd', 'content', 'test'].map((part) => `${name}/${part}`));
  const config = { extends: extended, compilerOptions, include, exclude: [] };
  await writeFile(join(root, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(kit, 'node_modules/.bin/tsc');
  const { stdout } = await run(compiler, ['-p', root], { timeout: LIMIT_MS }).catch((error) => error);
  assert.equal(stdout, '');
});

test('the tests of all templates pass, and have less than twenty lines', async () => {
  const files: string[] = [];
  for (const { folder, template } of projects) {
    const [name = ''] = (await run('ls', [join(folder, 'test')])).stdout.split('\n');
    files.push(join(folder, 'test', name));
    const lines = (await readFile(join(folder, 'test', name), 'utf8')).trim().split('\n');
    assert.ok(lines.length < 20, `${template}: ${lines.length} lines`);
  }
  const args = ['--test', '--test-isolation=none', '--test-reporter=tap', ...files];
  const { stdout } = await run(process.execPath, args, { env, cwd: root, timeout: LIMIT_MS }).catch(
    (error) => error,
  );
  assert.match(stdout, /^# pass 6\n# fail 0$/m);
});

test('the provider of each template says of itself what it is', async () => {
  const definitions = await Promise.all(
    projects.map(async ({ folder, name }) => {
      const script = join(root, `${name}.cjs`);
      await writeFile(script, await oneScript(folder, name, 'v0.1.1'));
      const { stdout, stderr } = await run(process.execPath, [script, 'define'], { timeout: LIMIT_MS });
      assert.equal(stderr, '');
      return JSON.parse(stdout) as PluginProvider;
    }),
  );
  for (const [index, { name }] of projects.entries()) {
    const definition = definitions[index];
    assert.deepEqual([definition?.Name, definition?.AutoStart], [name, true]);
    const { meta, sections } = readYaml(definition?.Content ?? '') as {
      meta: Record<string, string>;
      sections: { params: object };
    };
    assert.deepEqual([meta.Name, meta.Description === ''], [name, false]);
    assert.ok(Object.keys(sections.params).every((param) => param.startsWith(`${name}/`)));
  }
});

test('each project has what a debugger and continuous integration need', async () => {
  for (const { folder, name } of projects) {
    const read = (path: string) => readFile(join(folder, path), 'utf8');
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    const workflow = readYaml(await read('.github/workflows/ci.yml')) as {
      jobs: { build: { steps: { uses?: string; run?: string }[] } };
    };
    const { steps } = workflow.jobs.build;
    const commands = steps.flatMap(({ run: command }) => command ?? []);
    assert.deepEqual(commands, ['npm ci', 'npm run check', 'npm test', 'npm run build']);
    for (const { uses } of steps) assert.match(uses ?? 'a/b@v1', /^[\w-]+\/[\w-]+@v\d+$/);
    for (const [, script = 'test'] of commands.join('\n').matchAll(/npm (?:run (\w+)|test)/g)) {
      assert.equal(scripts[script], `drpkit ${script}`);
    }
    const { configurations, compounds } = JSON.parse(await read('.vscode/launch.json'));
    const port = configurations.find(({ request }: { request: string }) => request === 'attach').port;
    const dev = configurations[0].runtimeArgs;
    assert.deepEqual(dev, ['run', 'dev', '--', '--inspect', String(port)]);
    const names = configurations.map((configuration: { name: string }) => configuration.name);
    assert.ok(compounds[0].configurations.every((part: string) => names.includes(part)));
    assert.match(await read('README.md'), new RegExp(`^# ${name}\n`));
    assert.match(await read('.gitignore'), /^dev\/$/m);
  }
});

test('nothing is built while a type is wrong', async () => {
  const folder = join(root, 'wrong-type');
  await createProject(folder, kit, 'action');
  await symlink('../node_modules', join(folder, 'node_modules'));
  const plugin = join(folder, 'cmd/wrong-type/plugin.ts');
  const text = await readFile(plugin, 'utf8');
  await writeFile(plugin, text.replace('model.Name}!', 'model.Nme}!'));
  const build = run(join(kit, 'scripts/drpkit'), ['build'], { cwd: folder, timeout: LIMIT_MS });
  const { code, stdout } = await build.then(
    () => assert.fail('it is built'),
    (error: { code: number; stdout: string }) => error,
  );
  assert.notEqual(code, 0);
  assert.match(stdout, /cmd\/wrong-type\/plugin\.ts.*error TS\d+: Property 'Nme' does not exist/);
  await assert.rejects(access(join(folder, 'bin')), { code: 'ENOENT' });
});

test('a template that is not there is refused with those that are', async () => {
  await assert.rejects(createProject(join(root, 'other'), kit, 'webhok'), {
    code: 400,
    message: 'template: expected action, webhook, poller, routes, found webhok',
  });
});
