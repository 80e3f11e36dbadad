import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client } from '../../lib/api/index.ts';
import { until } from '../support/until.ts';

const kit = join(import.meta.dirname, '../..');
const drpkit = join(kit, 'scripts/drpkit');
const folder = mkdtempSync(join(tmpdir(), 'dev-'));
const project = join(folder, 'hello');
after(() => rmSync(folder, { recursive: true, force: true }));

const plugin = join(project, 'cmd/hello/plugin.ts');
const param = join(project, 'content/hello/params/hello.greeting.yaml');

function change(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  assert.notEqual(text.replace(from, to), text, `${file}: ${from}`);
  writeFileSync(file, text.replace(from, to));
}

test('drpkit dev runs a provider from its source, and again after each change, until Ctrl-C', async () => {
  assert.equal(spawnSync(drpkit, ['new', project]).status, 0);
  // What `npm install` would put there.
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(kit, join(project, 'node_modules/drp-plugins'));
  mkdirSync(join(project, 'dev'));
  writeFileSync(join(project, 'dev/params.yaml'), 'hello/token: a secret of the author\n');
  writeFileSync(
    join(project, 'content/hello/params/hello.token.yaml'),
    'Name: hello/token\nSecure: true\nSchema: { type: string }\n',
  );
  change(
    plugin,
    'autoStart: true,',
    "autoStart: true,\n  optionalParams: ['hello/token'],\n  config: ({ params, log }) => log.info(String(params['hello/token']?.length)),",
  );

  const child = spawn(drpkit, ['dev', '--port', '0', '--static-port', '0'], { cwd: project });
  let output = '';
  let all = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      all += text;
    });
  const shown = (what: RegExp | string) =>
    until(() => output.match(what) !== null || child.exitCode !== null, `${what} in ${output}`).then(() =>
      assert.match(output, new RegExp(what)),
    );
  try {
    await shown(/Ctrl-C ends it/);
    assert.match(output, /hello is live after \d+ ms/);
    // Log lines may come after the answer that they are about.
    await shown(/info {2}hello: 22\n/);
    assert.ok(!/a secret|Missing Plugin Provider/.test(output), output);
    assert.match(output, /The inspector, a page to look at all of it: https:\/\/127\.0\.0\.1:\d+\/ui\/\n/);
    assert.match(output, /User: rocketskates {2}Password: \S{12,}\n/);
    const [, endpoint = '', token = ''] = /export RS_ENDPOINT=(\S+) RS_TOKEN=(\S+)/.exec(output) ?? [];
    const api = new Client({ endpoint, token });
    const [machine] = await api.objects('machines').list();
    const greet = () => api.actions('machines', String(machine?.Uuid)).run('greet');
    assert.equal(await greet(), 'Hello, web1!');

    output = '';
    change(plugin, /(?<=greeting'\]\}), /, ', dear ');
    await shown(/hello is live after/);
    assert.equal(await greet(), 'Hello, dear web1!');

    output = '';
    change(param, 'Hello', 'Welcome');
    await shown(/hello is live after/);
    assert.equal(await greet(), 'Welcome, dear web1!');

    output = '';
    change(plugin, 'greet: action', 'gr eet: action');
    await shown(
      /define exited with code 1[\s\S]*hello goes on as it was before this change: correct what is/,
    );
    assert.equal(await greet(), 'Welcome, dear web1!');
    change(plugin, 'gr eet: action', 'greet: action');
    await shown(/hello is live after/);

    const right = readFileSync(plugin, 'utf8');
    output = '';
    change(plugin, 'optionalParams: [', "requiredParams: ['hello/absent'],\n  optionalParams: [");
    await shown(
      /Missing required parameter: hello\/absent[\s\S]*hello does not run: set the param in .*dev\/params\.yaml/,
    );
    output = '';
    change(plugin, 'log.info(`greeting', 'log.inform(`greeting');
    await shown(/cmd\/hello\/plugin\.ts\(\d+,\d+\): error TS\d+: Property 'inform' does not exist/);
    output = '';
    writeFileSync(plugin, right);
    await shown(/hello is live after/);
    await shown('the types are right again');
    output = '';
    change(param, 'Schema:', 'Schema: [');
    await shown(/content\/hello: error: .*params\/hello\.greeting\.yaml: line \d+/);
    await shown('hello goes on as it was before this change: correct what is said above');
    api.close();
  } finally {
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'close');
  }
  assert.equal(child.exitCode, 0, output);
  assert.match(output, /dev {3}ends/);
  // Once at first, and once for each change.
  assert.equal(all.match(/hello is live after/g)?.length, 5, all);
});

test('drpkit dev says what is missing where there is no project', () => {
  const { status, stderr } = spawnSync(drpkit, ['dev'], { cwd: folder, encoding: 'utf8' });
  assert.notEqual(status, 0);
  assert.match(stderr, /No provider is here \(cmd\/NAME\/plugin\.ts\)/);
});
