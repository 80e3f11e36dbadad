import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { AgentStandIn } from './agent-stand-in.ts';
import { Running } from './running-endpoint.ts';

const SECRET = 'Pa"ss\\wörd-4711';

let running: Running;

before(async () => {
  running = await Running.open();
  const params = [
    { Name: 'plain', Schema: { type: 'string' } },
    { Name: 'preset', Schema: { type: 'integer', default: 7 } },
    { Name: 'secret', Secure: true, Schema: { type: 'string' } },
    { Name: 'list', Schema: { type: 'array' } },
  ];
  for (const param of params) await running.ok('POST', 'params', param);
  await running.ok('POST', 'profiles', { Name: 'prof', Params: { plain: 'of the profile', list: [2] } });
  await running.ok('POST', 'templates', { ID: 'shared.tmpl', Contents: 'shared by {{.Machine.Name}}' });
});

after(() => running[Symbol.asyncDispose]());

let made = 0;

/** A job of a task with these templates, on a machine with the secret. */
async function jobOf(
  templates: readonly RawModel[],
  { task = {}, machine = {} }: { task?: RawModel; machine?: RawModel } = {},
): Promise<{ agent: AgentStandIn; job: RawModel; actions: (os?: string) => Promise<RawModel[]> }> {
  made += 1;
  const Name = `task-${made}`;
  await running.ok('POST', 'tasks', { Name, Templates: templates, ...task });
  const agent = await AgentStandIn.make(running, { Name: `m${made}.example`, Tasks: [Name], ...machine });
  await running.secret(`machines/${agent.uuid}`, 'secret', SECRET);
  const { job } = await agent.next();
  return {
    agent,
    job,
    actions: (os) => running.list(`jobs/${job.Uuid}/actions${os === undefined ? '' : `?os=${os}`}`),
  };
}

test('the templates of a task are rendered for the machine, secure params open, files and scripts', async () => {
  const { actions, agent, job } = await jobOf(
    [
      {
        Name: 'script.sh',
        Meta: { Interpreter: 'bash' },
        Contents:
          '{{.Machine.ShortName}} {{.Param "plain"}} {{.Param "preset"}} {{.Param "secret"}} {{.CurrentJob.Uuid}}',
      },
      { Name: 'file', Path: '/etc/{{.Machine.Name}}', ID: 'shared.tmpl' },
    ],
    { machine: { Profiles: ['prof'] } },
  );
  assert.deepEqual(await actions(), [
    {
      Name: 'script.sh',
      Path: '',
      Content: `m${made} of the profile 7 ${SECRET} ${job.Uuid}`,
      Meta: { Interpreter: 'bash' },
    },
    { Name: 'file', Path: `/etc/m${made}.example`, Content: `shared by m${made}.example`, Meta: {} },
  ]);
  await running.ok('POST', `machines/${agent.uuid}/params/plain`, '"its own"', 200);
  assert.match(String((await actions())[0]?.Content), / its own 7 /);
  await running.ok('PATCH', 'templates/shared.tmpl', [
    { op: 'replace', path: '/Contents', value: 'changed' },
  ]);
  assert.equal((await actions())[1]?.Content, 'changed');
  await running.ok('PATCH', 'templates/shared.tmpl', [
    { op: 'replace', path: '/Contents', value: 'shared by {{.Machine.Name}}' },
  ]);
});

test('a system gets the templates that are for it, and only these need be right', async () => {
  const { actions } = await jobOf([
    { Name: 'l', Contents: 'for {{.Task.TargetOS}}, {{template "w" .}}', Meta: { OS: 'linux, darwin' } },
    {
      Name: 'w',
      Contents: '{{if eq .Task.TargetOS "windows"}}{{.Param "none"}}{{end}}dir',
      Meta: { OS: 'windows' },
    },
    { Name: 'a', Contents: 'all', Meta: { OS: 'any' } },
  ]);
  const contents = async (os?: string) => (await actions(os)).map(({ Content }) => Content);
  assert.deepEqual(await contents('linux'), ['for linux, dir', 'all']);
  assert.deepEqual(await contents('freebsd'), ['all']);
  const { text } = await running.call('GET', `jobs/${(await jobOf([])).job.Uuid}/actions`);
  assert.equal(text, '[]');
});

test('all that keeps a task from being rendered is said at once', async () => {
  const { job } = await jobOf(
    [
      { Name: 'one', Contents: '{{.Param "none"}}' },
      { Name: 'two', Contents: 'line\n{{fail "the author says so"}}' },
    ],
    { task: { RequiredParams: ['preset'] } },
  );
  assert.deepEqual((await running.refused(422, 'GET', `jobs/${job.Uuid}/actions`)).split('\n'), [
    'template: one:1:18: executing "one" at <.Param>: error calling Param: No such machine parameter none',
    'template: two:2:2: executing "two" at <fail "the author says so">: error calling fail: the author says so',
  ]);
  const required = await jobOf([], { task: { RequiredParams: ['plain'] } });
  assert.equal(
    await running.refused(422, 'GET', `jobs/${required.job.Uuid}/actions`),
    `Missing required parameter plain for tasks task-${made}`,
  );
});

test('a rendering that fails does not repeat what is secret, whatever a template made of it', async () => {
  const events: string[] = [];
  for (const [contents, expected] of [
    ['{{fail (.Param "secret")}}', 'error calling fail: ***'],
    ['{{.Param "secret" | upper | fail}}', 'error calling fail: ***'],
    ['{{.Param "secret" | b64enc | fail}}', 'error calling fail: Kioq'],
    ['{{fail (printf "%q" (.Param "secret"))}}', 'error calling fail: "***"'],
    ['{{index (dict "a" 1) (.Param "secret") | fail}}', 'invalid value; expected string'],
    ['{{template "gone"}}{{.Param "secret"}}', 'template "gone" not defined'],
    ['{{fail .Machine.Secret}}', 'error calling fail: ***'],
    ['{{fail .GenerateToken}}', 'error calling fail: ***'],
    ['{{if eq (.Param "secret") "***"}}{{else}}{{fail (.Param "secret")}}{{end}}', 'the reason is not shown'],
    ['{{fail (.ComposeParam "secret")}}', 'error calling fail: ***'],
  ] as const) {
    const { job, agent } = await jobOf([{ Name: 'n', Contents: `x\n${contents}` }]);
    const { text, status } = await running.call('GET', `jobs/${job.Uuid}/actions`);
    assert.equal(status, 422, contents);
    const [message = ''] = (JSON.parse(text) as { Messages: string[] }).Messages;
    assert.ok(message.includes(expected), `${contents}: ${message}`);
    assert.match(message, /template: n:2:/);
    const { Secret } = await agent.machine();
    for (const form of [
      SECRET,
      SECRET.toUpperCase(),
      btoa(unescape(encodeURIComponent(SECRET))),
      'ss\\\\w',
      String(Secret),
    ])
      assert.ok(!text.includes(form), `${contents} tells ${form}`);
    events.push(JSON.stringify(running.log));
  }
  assert.ok(!events.join('').includes('4711'));
});

test('templates of a stage and of a boot environment are files of the machine, secure params sealed', async () => {
  await running.ok('POST', 'bootenvs', {
    Name: 'booted',
    OS: { Name: 'booted' },
    Templates: [
      {
        Name: 'kexec',
        Path: '{{.Machine.Path}}/kexec',
        Contents: 'kernel {{.Env.Name}} {{.ProvisionerAddress}}',
      },
      { Name: 'ipxe', Path: '{{.Machine.Address}}.ipxe', Contents: '#!ipxe for {{.Machine.Name}}' },
      { Name: 'pxe', Path: 'pxelinux.cfg/{{.Machine.HexAddress}}', Contents: 'hex' },
      { Name: 'mac', Path: 'grub/{{.Machine.MacAddr "grub"}}.cfg', Contents: 'mac' },
      { Name: 'broken', Path: '{{.Machine.Path}}/broken', Contents: '{{fail .GenerateToken}}' },
      { Name: 'link', Path: '{{.Machine.Path}}/linked', Link: '/files/{{.Machine.Name}}.txt' },
      { Name: 'lost', Path: '{{.Param "none"}}/lost', Contents: 'x' },
    ],
  });
  await running.ok('POST', 'stages', {
    Name: 'staged',
    BootEnv: 'booted',
    Templates: [{ Name: 's', Path: '{{.Machine.Path}}/seal', Contents: '{{.ParamAsJSON "secret"}}' }],
  });
  const agent = await AgentStandIn.make(running, {
    Name: 'files',
    Stage: 'staged',
    Address: '192.168.124.10',
    HardwareAddrs: ['52:54:00:AA:bb:01'],
  });
  await running.secret(`machines/${agent.uuid}`, 'secret', SECRET);
  const fetched = async (path: string) => {
    const reply = await fetch(`${running.endpoint.fileServerUrl}/${path}`);
    return reply.ok ? reply.text() : reply.status;
  };
  const kexec = 'kernel booted 127.0.0.1';
  assert.equal(await fetched(`machines/${agent.uuid}/kexec`), kexec);
  assert.equal((await running.call('GET', `files/machines/${agent.uuid}/kexec`)).text, kexec);
  assert.equal(await fetched('192.168.124.10.ipxe'), '#!ipxe for files');
  assert.equal(await fetched('pxelinux.cfg/C0A87C0A'), 'hex');
  assert.equal(await fetched('grub/52:54:00:AA:bb:01.cfg'), 'mac');
  const sealed = JSON.parse(String(await fetched(`machines/${agent.uuid}/seal`))) as RawModel;
  assert.deepEqual(Object.keys(sealed), ['Key', 'Nonce', 'Payload']);
  assert.equal(await fetched(`machines/${agent.uuid}/none`), 404);
  assert.match(String(await fetched('default.ipxe')), /^#!ipxe\nchain http:\/\/127\.0\.0\.1:\d+\//);
  assert.equal(await fetched('pxelinux.cfg/C0A87C0B'), 404);
  assert.equal(await fetched(`machines/${agent.uuid}/broken`), 422);
  const headers = { 'Content-Type': 'application/octet-stream' };
  assert.equal(await fetched(`machines/${agent.uuid}/linked`), 404);
  await running.call('POST', 'files/files.txt', { body: 'linked', headers });
  assert.equal(await fetched(`machines/${agent.uuid}/linked`), 'linked');
  await running.call('POST', `files/machines/${agent.uuid}/own`, { body: 'uploaded', headers });
  assert.equal((await running.call('GET', `files/machines/${agent.uuid}/own`)).text, 'uploaded');
});
