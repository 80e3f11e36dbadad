import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isThere } from '../../lib/agent/runner-folder.ts';
import type { Machine } from '../../lib/api/index.ts';
import { filesBelow, processes, Secrets } from '../security/secrets.ts';
import { until } from '../support/until.ts';
import { FakePower, type Ran, Scene, type Script } from './scene.ts';

/** In every secret that this test makes, and nowhere else. */
const MARK = `ag${process.pid}ent`;
const PARAM = `${MARK} "of a machine"`;
const LOGIN = `${MARK}-of-a-url`;
const KEY = `${MARK}-of-the-agent`;

suite('secrets that an agent handles are where they have to be and nowhere else', {
  concurrency: false,
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, () => {
  let scene: Scene;
  const secrets = new Secrets();
  /** What agents told, the logs of their jobs, and the events and the log of the endpoint. */
  const told: string[] = [];
  const heard: string[] = [];

  before(async () => {
    process.env.RS_KEY = `agent:${KEY}`;
    secrets.add('PARAM', PARAM);
    secrets.add('LOGIN', LOGIN, 'someone');
    secrets.add('KEY', KEY, 'agent');
    scene = await Scene.open();
    secrets.add('a token', scene.endpoint.token);
    await scene.api.objects('params').create({ Name: 'agent/secret', Secure: true } as object);
    await scene.api.objects('params').create({ Name: 'kexec-ok' });
    await scene.api.objects('params').create({ Name: 'last-boot-macaddr' });
  });
  after(async () => {
    delete process.env.RS_KEY;
    await scene[Symbol.asyncDispose]();
  });

  async function machineWith(scripts: readonly Script[]): Promise<Machine> {
    const machine = await scene.machine(await scene.task(scripts));
    await scene.api.params('machines', machine.Uuid).setSecure('agent/secret', PARAM);
    return machine;
  }

  async function run(machine: Machine, options: Parameters<Scene['run']>[1] = {}): Promise<Ran> {
    const ran = await scene.run(machine, options);
    const texts = ran.events.map((event) => (event.kind === 'log' ? Buffer.from(event.text).toString() : ''));
    told.push(...texts, ...ran.problems, `${ran.end.error?.stack} ${JSON.stringify(ran.end.error)}`);
    for (const job of await scene.jobs(machine)) told.push(await scene.log(job), JSON.stringify(job));
    return ran;
  }

  test('while a task runs that has a file and a script with a secret in them', async () => {
    await using events = scene.api.events();
    await events.register('*.*.*');
    const listening = (async () => {
      for await (const { event } of events) {
        heard.push(JSON.stringify(event));
        if (event?.Type === 'audit') return;
      }
    })();
    const runner = scene.path('runner');
    const stateFolder = scene.path('state');
    const waiting = join(runner, 'waiting');
    const machine = await machineWith([
      { Path: 'sub/settings', Contents: '{{ .Param "agent/secret" }}\n' },
      `SECRET='{{ .Param "agent/secret" }}'; : > '${waiting}'; until [ -e '${waiting}.seen' ]; do sleep 0.05; done; echo done`,
    ]);
    const running = run(machine, { runnerFolder: runner, stateFolder, programs: { drpcli: '/bin/true' } });
    try {
      await until(async () => isThere(waiting), 'the script');
      const [child] = (await processes()).filter(({ environment }) =>
        environment.includes(`RS_RUNNER_DIR=${runner}`),
      );
      const token = child?.environment.find((entry) => entry.startsWith('RS_TOKEN='))?.slice(9) ?? '';
      assert.notEqual(token, '', 'scripts act by a token');
      secrets.add('a token', token);
      for (const { pid, line, environment } of await processes()) {
        assert.deepEqual(secrets.in(line), [], `command line of ${pid}: ${line}`);
        const others = environment.filter((entry) => !entry.startsWith('RS_TOKEN='));
        assert.deepEqual(secrets.in(others.join('\n')), [], `environment of ${pid}: ${line}`);
      }
      let found = 0;
      const { uid } = await lstat(runner);
      for await (const { file, text } of filesBelow(runner)) {
        if (secrets.in(text).length === 0) continue;
        found += 1;
        const folder = file.slice(0, file.indexOf('/', runner.length + 1));
        assert.equal((await lstat(folder)).mode & 0o777, 0o700, `${folder} is for ${uid} alone`);
      }
      assert.equal(found, 2, 'the file and the script have it');
    } finally {
      // The script waits for it.
      await writeFile(`${waiting}.seen`, '');
    }
    const { end } = await running;
    assert.equal(end.error, undefined);
    assert.deepEqual(await scene.outcomes(machine), ['finished complete']);
    for await (const { file, text } of filesBelow(runner)) assert.deepEqual(secrets.in(text), [], file);
    const state = await readFile(join(stateFolder, `${machine.Uuid}.state`));
    assert.deepEqual(secrets.in(gunzipSync(state).toString()), []);
    await scene.api.postEvent({ Type: 'audit', Action: 'last', Key: 'one', Object: null });
    await listening;
    assert.ok(heard.length > 5);
  });

  test('when it fails: by its code, where it cannot be started, rendered or written', async () => {
    const secret = '{{ .Param "agent/secret" }}';
    const file = scene.path('a-file');
    await writeFile(file, '');
    const tasks: Script[][] = [
      [`SECRET='${secret}'; exit 3`],
      [{ Path: '', Contents: `#!/no/such/interpreter\n${secret}`, Meta: {} }],
      [{ Path: '', Contents: `SECRET='${secret}'`, Meta: { Interpreter: '/no/such' } }],
      [{ Path: '', Contents: `{{ template "none" .Param "agent/secret" }}` }],
      [{ Path: '', Contents: `{{ atoi (.Param "agent/secret") | index (.Param "agent/secret") }}` }],
      [{ Path: `${file}/below`, Contents: secret }],
      [{ Path: '../above', Contents: secret }],
    ];
    await Promise.all(
      tasks.map(async (scripts) => {
        const machine = await machineWith(scripts);
        await run(machine, { exitOnFailure: true });
        assert.deepEqual(await scene.outcomes(machine), ['failed failed'], JSON.stringify(scripts));
      }),
    );
  });

  test('when the kernel for kexec is at a URL with a login', async () => {
    await scene.api.objects('bootenvs').create({ Name: 'next', OS: { Name: 'next' } } as object);
    const asked: unknown[] = [];
    await using web = createServer(({ headers }, response) => {
      asked.push(headers.authorization);
      response.end('kernel');
    }).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    const load = async (url: string) => {
      const machine = await scene.machine(
        await scene.task(['true']),
        'bootenv:next',
        await scene.task(['true']),
      );
      const params = scene.api.params('machines', machine.Uuid);
      await params.set('kexec-ok', true);
      await params.set('last-boot-macaddr', '02:00:00:00:00:01');
      const folder = scene.path(`endpoint/tftpboot/machines/${machine.Uuid}`);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'kexec'), `kernel ${url}\nparams console=ttyS0`);
      const power = new FakePower();
      const { problems } = await run(machine, { power });
      return { isLoaded: power.calls[0]?.startsWith('load '), problems: problems.join('\n') };
    };
    const login = `someone:${LOGIN}`;
    assert.equal((await load(`http://${login}@127.0.0.1:${port}/vmlinuz`)).isLoaded, true);
    assert.deepEqual(asked, [`Basic ${Buffer.from(login).toString('base64')}`]);
    const urls = [`http://${login}@127.0.0.1:9/x`, `http://${login}@[::1/x`, `ftp://${login}@host/x`];
    for (const { problems } of await Promise.all(urls.map(load)))
      assert.match(problems, /^No kernel is loaded: .*GET (?:http|ftp):\/\/(?:127|\[|host)/);
  });

  test('nothing of it is in what agents and the endpoint tell', async () => {
    told.push(...heard, JSON.stringify(await scene.api.logs()));
    for (const prefix of ['machines', 'jobs', 'tasks'] as const)
      told.push(JSON.stringify(await scene.api.objects(prefix).list()));
    for (const text of told) assert.deepEqual(secrets.in(text), [], text.slice(0, 2000));
  });
});
