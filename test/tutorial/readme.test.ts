import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'drp-tutorial-'));
const project = join(folder, 'hello');
after(() => rmSync(folder, { recursive: true, force: true }));

/** The commands of the README's tutorial, one text for each of its terminals' steps. */
function tutorial(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const section = readme.slice(readme.indexOf('## Write a provider'), readme.indexOf('## Build'));
  return [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, commands = '']) => commands);
}

/** The reader's environment: the test runner's own would make a test run inside it silent. */
const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, ...reader } = process.env;

function runShell(commands: string, cwd: string, env: NodeJS.ProcessEnv = {}) {
  const limits = { encoding: 'utf8', timeout: 300_000 } as const;
  return spawnSync('sh', ['-ec', commands], { cwd, env: { ...reader, ...env }, ...limits });
}

/** Runs commands as a reader would, and shows what they printed when one fails. */
function shell(commands: string, cwd: string, env?: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = runShell(commands, cwd, env);
  assert.equal(status, 0, `${commands}\n${stdout}\n${stderr}`);
  return stdout;
}

/** A port that is free now, so that the tutorial's own port may be taken. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('the tutorial goes from nothing to an action, by its own commands', async () => {
  const [make = '', serve = '', greet = '', ...more] = tutorial();
  assert.deepEqual(more, []);
  // The folder beside this one may not be writable.
  assert.match(shell(make.replaceAll('../hello', project), root), /pass 3\n/);

  const port = await freePort();
  const endpoint = spawn(
    'sh',
    ['-ec', serve.replace('--root dev', `--root dev --port ${port} --static-port 0`)],
    {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const ended = once(endpoint, 'close');
  try {
    let output = '';
    endpoint.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const password = () => /^Password: (\S+)/m.exec(output)?.[1];
    await until(() => password() !== undefined || endpoint.exitCode !== null, 'the password');
    const env = { RS_ENDPOINT: `https://127.0.0.1:${port}` };
    const commands = greet.replace('PASSWORD', password() ?? 'none');
    const waiting = `${commands.split('\n')[0]}\nuntil npx drpkit plugins exists hello; do sleep 0.2; done`;
    shell(waiting, project, env);
    assert.match(shell(commands, project, env), /"Hello, web1!"\n"Ahoy, web1!"\n$/);
  } finally {
    // The whole group: npx, sh and the endpoint, which stops its plugins.
    if (endpoint.pid !== undefined) process.kill(-endpoint.pid, 'SIGTERM');
    await ended;
  }
});

test('what the tutorial made is committed without what an endpoint and a build left', () => {
  const files = shell('git init -q && git add --all && git ls-files', project);
  assert.deepEqual(files.trim().split('\n'), [
    '.github/workflows/ci.yml',
    '.gitignore',
    '.vscode/launch.json',
    'README.md',
    'cmd/hello/main.ts',
    'cmd/hello/plugin.ts',
    'content/hello/._Description.meta',
    'content/hello/._Name.meta',
    'content/hello/params/hello.greeting.yaml',
    'docs/plugins/hello.md',
    'package-lock.json',
    'package.json',
    'test/greet.test.ts',
    'tsconfig.json',
  ]);
});

test("a provider that is not found fails the project's test with the reason", () => {
  const source = join(project, 'cmd/hello/plugin.ts');
  const plugin = readFileSync(source, 'utf8');
  writeFileSync(source, plugin.replace('greet: action', "'gr eet': action"));
  try {
    const { status, stdout, stderr } = runShell('npm test', project);
    assert.notEqual(status, 0);
    assert.match(`${stdout}${stderr}`, /plugin "hello": actions\.gr eet: expected letters/);
  } finally {
    writeFileSync(source, plugin);
  }
});

test("a project's test command takes the files to run", () => {
  writeFileSync(
    join(project, 'test/other.test.ts'),
    "import { test } from 'node:test';\ntest('other', () => {});\n",
  );
  const output = shell('npm test -- test/other.test.ts', project);
  assert.match(output, /other.*pass 1\n/s);
});

test('a provider without a content pack needs no folder for it', () => {
  const plain = join(folder, 'plain');
  shell(`scripts/drpkit new '${plain}'`, root);
  rmSync(join(plain, 'content'), { recursive: true });
  const plugin =
    "import { definePlugin } from 'drp-plugins/plugin';\nexport default definePlugin({ name: 'plain', summary: '' });\n";
  writeFileSync(join(plain, 'cmd/plain/plugin.ts'), plugin);
  writeFileSync(join(plain, 'test/greet.test.ts'), '');
  assert.match(shell('npm install && npm test', plain), /fail 0\n/);
});

test('a plugin without autoStart runs in a test with the params of the README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, line = ''] = /```ts\n(const endpoint = await startTestEndpoint.*?)```/s.exec(readme) ?? [];
  const change = (file: string, from: RegExp, to: string) => {
    const text = readFileSync(join(project, file), 'utf8');
    assert.match(text, from);
    writeFileSync(join(project, file), text.replace(from, to));
  };
  change('cmd/hello/plugin.ts', /autoStart: true/, 'autoStart: false');
  change('test/greet.test.ts', /^const endpoint = .*$/m, line.trim());
  change('test/greet.test.ts', /'Hello, web1!'/, "'Ahoy, web1!'");
  assert.match(shell('npm test -- test/greet.test.ts', project), /pass 3\n/);
});
