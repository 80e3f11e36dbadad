import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Scene } from '../agent/scene.ts';
import { lives } from '../support/lives.ts';
import { until } from '../support/until.ts';
import { Drpkit, drpkit } from './drpkit.ts';
import { Runner } from './runner.ts';

const task = (name: string, ...scripts: string[]) =>
  JSON.stringify({
    Name: name,
    Meta: { 'feature-flags': 'sane-exit-codes' },
    Templates: scripts.map((text, at) => ({ Name: `step ${at + 1}`, Contents: `#!/bin/bash\n${text}\n` })),
  });

const PACK: Readonly<Record<string, string>> = {
  '._Name.meta': 'hello',
  '._Prerequisites.meta': 'drp-community-content',
  'params/greeting.yaml': 'Name: hello/greeting\nSchema: { type: string, default: Hello }\n',
  'params/done.yaml': 'Name: hello/done\nSchema: { type: boolean }\n',
  'params/secret.yaml': 'Name: hello/secret\nSecure: true\nSchema: { type: string }\n',
  'templates/greet.sh.tmpl':
    '#!/bin/bash\n. ./helper\necho "{{ .Param "hello/greeting" }}, {{ .Machine.Name }}!"\necho true | set_param hello/done >/dev/null\n',
  'tasks/greet.yaml':
    'Name: greet\nMeta: { feature-flags: sane-exit-codes }\nTemplates:\n  - { Name: settings, Path: settings.json, Contents: "[1]" }\n  - { Name: greet, ID: greet.sh.tmpl }\n',
  'tasks/again.json': task('again', 'drpcli machines get "$RS_UUID" param hello/secret --decode; jq -n 1+1'),
  'tasks/reboots.json': task(
    'reboots',
    'test -e /proc/$$ || exit 1; drpcli machines get "$RS_UUID" param hello/done | grep -q true && exit 0; . ./helper; set_param hello/done true >/dev/null; exit 192',
  ),
  'contexts/elsewhere.yaml': 'Name: elsewhere\nEngine: none\nImage: none\n',
  'stages/moves.yaml': 'Name: moves\nTasks: [greet, "context:elsewhere", greet, "context:", greet]\n',
  'tasks/fails.json': task('fails', 'printf "no line end"; exit 3'),
  'tasks/hangs.json': task('hangs', 'echo $$ > "$PIDFILE"; sleep 300'),
  'stages/one.yaml': 'Name: one\nTasks: [greet]\n',
  'stages/two.yaml': 'Name: two\nTasks: [again]\n',
  'stages/lacking.yaml': 'Name: lacking\nTasks: [elsewhere]\n',
  'workflows/hello.yaml': 'Name: hello\nStages: [one, two]\n',
  'workflows/lacking.yaml': 'Name: lacking\nStages: [one, lacking, gone]\n',
};

suite('a workflow of a pack that is being written', { concurrency: false }, () => {
  let root = '';
  let pack = '';
  let temporary = '';
  let runner: Runner;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'drpkit-run-'));
    pack = join(root, 'content/hello');
    temporary = join(root, 'tmp');
    await mkdir(temporary);
    for (const [name, text] of Object.entries(PACK)) {
      await mkdir(dirname(join(pack, name)), { recursive: true });
      await writeFile(join(pack, name), text);
    }
    runner = new Runner({ TMPDIR: temporary }, pack);
  });
  after(async () => {
    runner[Symbol.dispose]();
    await rm(root, { recursive: true, force: true });
  });

  const untimed = (text: string) => text.replace(/ +\d+ ms/g, ' T ms').replace(/\d+\.\d s/g, 'T s');

  test('runs in the folder of a project, with params that may be secret, and leaves nothing behind', async () => {
    await writeFile(join(root, 'secret'), 'not told\n');
    const params = ['--param', 'hello/greeting=Ahoy', '--param', `hello/secret=@${join(root, 'secret')}`];
    const options = { cwd: root, env: { TMPDIR: temporary } };
    const { code, stdout, stderr } = await drpkit(['run', 'hello', '--here', ...params], options);
    assert.equal(stderr, '');
    assert.equal(
      untimed(stdout),
      `workflow hello on here.example.com: 2 stages, 2 tasks

one

       | Starting task hello:one:greet on here.example.com
       | Writing settings to settings.json
       | Starting greet
       | Ahoy, here.example.com!
       | greet exited with code 0
       | Task greet finished
  ok   greet T ms   finished

two

       | Starting task hello:two:again on here.example.com
       | Starting step 1
       | "not told"
       | 2
       | step 1 exited with code 0
       | Task again finished
  ok   again T ms   finished

Params of the machine that the tasks have set:

  hello/done: true

Complete: 2 tasks in T s.
`,
    );
    assert.equal(code, 0);
    assert.deepEqual(await readdir(temporary), []);
  });

  test('a task alone, that reboots and goes on after it', async () => {
    const text = await runner.text('run', 'reboots', '--here', '--machine', 'web1');
    assert.match(text, /^task reboots on web1: 1 stage, 1 task$/m);
    assert.match(text, /^ {2}\.\.\. {2}reboots .* incomplete, wants reboot$/m);
    assert.match(text, /The machine would boot now: the agent begins anew\.\n.+ {2}ok {3}reboots /s);
  });

  test('tasks of a context are run as well, by an agent for it', async () => {
    const text = await runner.text('run', 'moves', '--here');
    assert.match(text, /^ {2}The next tasks are those of context elsewhere: an agent for it takes over\.$/m);
    assert.match(text, /^ {2}The next tasks are those of the machine itself: an agent for it takes over\.$/m);
    assert.match(text, /^Complete: 3 tasks in /m);
  });

  test('one that fails shows why, and is a failure', async () => {
    const { code, stdout } = await runner.run(['run', 'fails', '--here']);
    assert.equal(code, 1);
    assert.match(stdout, /^ {7}\| no line endstep 1 exited with code 3$/m);
    assert.match(stdout, /^ {2}BAD {2}fails .* failed$/m);
    assert.match(stdout, /^Failed at fails, after /m);
  });

  test('Ctrl-C ends the script and leaves nothing behind', async () => {
    const PIDFILE = join(root, 'pid');
    const options = { cwd: pack, env: { TMPDIR: temporary, PIDFILE } };
    await using running = await Drpkit.start(['run', 'hangs', '--here'], options);
    const pid = () => readFile(PIDFILE, 'utf8').catch(() => '');
    await until(async () => (await pid()).endsWith('\n'), 'the script');
    const { code, stdout } = await running.end('SIGINT');
    assert.equal(code, 130);
    assert.match(stdout, /^Ended at hangs, after /m);
    const script = Number(await pid());
    await until(() => !lives(script), 'the end of the script');
    assert.deepEqual(await readdir(temporary), []);
  });

  test('what is missing is said before anything runs', async () => {
    assert.equal(
      await runner.error('run', 'hello'),
      'Error: here: needed, since the scripts of the workflow run on this computer (--here)',
    );
    assert.match(
      await runner.error('run', 'helo', '--here'),
      /^Error: no workflow or stage or task is called helo in the packs hello: did you mean hello\?$/,
    );
    const other = join(root, 'other');
    await mkdir(join(other, 'tasks'), { recursive: true });
    await writeFile(join(other, '._RequiredFeatures.meta'), 'workflows, time-travel');
    const { stderr } = await runner.run(['run', 'lacking', '--here', '--pack', other]);
    assert.match(stderr, /^other requires features that a development endpoint lacks: time-travel$/m);
    assert.match(stderr, /Task elsewhere .*does not exist/);
    assert.match(stderr, /Stage gone does not exist/);
    assert.match(stderr, /--pack DIR$/m);
    assert.match(
      await runner.error('run', 'hello', '--here', '--param', 'x'),
      /param: expected NAME=VALUE, found x/,
    );
    const elsewhere = await drpkit(['run', 'hello', '--here'], { cwd: temporary });
    assert.match(elsewhere.stderr, /^Error: pack: neither this folder is a content pack/);
  });

  test('for a machine of an endpoint, it is rendered with what that has', async () => {
    await using scene = await Scene.open();
    const { Uuid } = await scene.api.objects('machines').create({ Name: 'web1' });
    await scene.api.params('machines', Uuid).set('hello/greeting', 'Salut');
    const { url, token } = scene.endpoint;
    const flags = ['-E', url, '-T', token, '--machine', 'Name:web1'];
    assert.match(await runner.text('render', 'greet.sh.tmpl', ...flags), /^echo "Salut, web1!"$/m);
    const given = await runner.text('render', 'greet.sh.tmpl', ...flags, '--param', 'hello/greeting=Ahoy');
    assert.match(given, /^echo "Ahoy, web1!"$/m);
  });

  test('what would be run is printed: a template as it is, files and scripts of tasks under their names', async () => {
    const greet = (greeting: string) =>
      `#!/bin/bash\n. ./helper\necho "${greeting}, here.example.com!"\necho true | set_param hello/done >/dev/null\n`;
    assert.equal(await runner.text('render', 'greet.sh.tmpl'), greet('Hello'));
    assert.equal(
      await runner.text('render', 'greet', '--param', 'hello/greeting=Ahoy'),
      `==> greet: settings, to settings.json <==\n[1]\n\n==> greet: greet <==\n${greet('Ahoy')}\n`,
    );
    const moves = await runner.text('render', 'moves');
    assert.equal(moves.match(/^==> greet: greet <==$/gm)?.length, 3, 'those of a context as well');
    const whole = await runner.text('render', 'hello');
    assert.deepEqual(whole.match(/^==> .*$/gm), [
      '==> greet: settings, to settings.json <==',
      '==> greet: greet <==',
      '==> again: step 1 <==',
    ]);
    assert.deepEqual(await readdir(temporary), []);
  });
});
