import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import { Callbacks } from '../../cmd/callback/service.ts';
import { Client } from '../../lib/api/index.ts';
import type { Event, ModelError, RawModel } from '../../lib/models/index.ts';
import type { ActionContext, ConfigContext, EventContext, Logger } from '../../lib/plugin/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { HookReceiver } from '../support/hook-receiver/index.ts';
import { until } from '../support/until.ts';

const SECRET = 'S3CRET "param"';

/** The service at an endpoint, without its process. */
describe('what is sent', () => {
  let running: Running;
  let api: Client;
  let receiver: HookReceiver;
  let machine: RawModel;
  const lines: string[] = [];
  const keep = (message: string) => void lines.push(message);
  const log = {
    info: keep,
    warn: keep,
    error: keep,
    debug: keep,
    noRepublish: () => log,
  } as unknown as Logger;
  const started: Callbacks[] = [];
  const signal = AbortSignal.timeout(120_000);

  before(async () => {
    [running, receiver] = await Promise.all([Running.open(), HookReceiver.start()]);
    api = new Client({ endpoint: running.endpoint.url, token: running.endpoint.token });
    await api.objects('params').create({ Name: 'site/hidden', Secure: true, Schema: { type: 'string' } });
    await api.objects('params').create({ Name: 'site/rack', Schema: { type: 'string', default: 'R1' } });
    await api.objects('profiles').create({ Name: 'web', Params: { 'site/role': 'web' } });
    const made = await api.objects('machines').create({
      Name: 'm1.example.com',
      Address: '192.0.2.10',
      Profiles: ['web'],
      Params: { 'site/own': { n: 1 }, 'site/text': 'of {{.Machine.ShortName}}' },
    });
    await api.params('machines', made.Uuid).setSecure('site/hidden', SECRET);
    machine = { ...(await api.objects('machines').get(made.Uuid)) };
  });
  after(async () => {
    api.close();
    await running[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((each) => each.stop()));
    receiver.requests.length = 0;
    lines.length = 0;
  });

  async function service(
    callbacks: Record<string, object>,
    auths: Record<string, object> = {},
  ): Promise<Callbacks> {
    const made = new Callbacks();
    started.push(made);
    const entries = Object.entries(callbacks).map(([name, entry]) => [
      name,
      { Url: `${receiver.url}/hook`, ...entry },
    ]);
    const params = {
      'callback/callbacks': Object.fromEntries(entries),
      'callback/auths': auths,
      'callback/proxy': '',
    };
    await made.configure({ params, plugin: 'callback', api, log, signal } as unknown as ConfigContext<never>);
    return made;
  }

  function act(
    callbacks: Callbacks,
    params: RawModel,
    on: { prefix?: string; model?: RawModel } = {},
  ): Promise<unknown> {
    const { prefix = 'machines', model = machine } = on;
    return callbacks.act({ api, log, params, prefix, model, signal } as unknown as ActionContext<never>);
  }

  function tell(callbacks: Callbacks, event: Partial<Event>): void {
    const whole = { Time: 'T', Key: 'k', Principal: 'p', Original: null, ...event };
    callbacks.tell({ event: whole, plugin: 'callback', log } as unknown as EventContext);
  }

  const sent = async (count = 1) => {
    await until(() => receiver.requests.length >= count, `${count} requests`);
    return receiver.requests.map(({ body }) => (body === '' ? undefined : JSON.parse(body)));
  };

  test('is the object as JSON, with its params as it asks for them, and never the token of a machine', async () => {
    const callbacks = await service({
      plain: {},
      all: { Aggregate: true, Decode: true, ExcludeParams: ['site/own'] },
      none: { NoBody: true, Method: 'GET' },
    });
    for (const name of ['plain', 'all', 'none']) await act(callbacks, { 'callback/action': name });
    const [plain, all, none] = await sent(3);
    assert.deepEqual([plain.Name, plain.Uuid, plain.Secret], ['m1.example.com', machine.Uuid, undefined]);
    assert.deepEqual(Object.keys(plain.Params).sort(), ['site/hidden', 'site/own', 'site/text']);
    assert.equal(typeof plain.Params['site/hidden'].Payload, 'string');
    assert.deepEqual(
      [all.Params['site/hidden'], all.Params['site/role'], all.Params['site/own']],
      [SECRET, 'web', undefined],
    );
    assert.equal(none, undefined);
    assert.equal(receiver.requests[2]?.headers['content-type'], undefined);
  });

  test('is what was asked for in place of that: JSON as it is, a text as a template', async () => {
    const callbacks = await service({ json: {}, raw: { RawBody: true }, none: { NoBody: true } });
    const send = (name: string, data: unknown) =>
      act(callbacks, { 'callback/action': name, 'callback/data-override': data });
    await send('json', { a: [1, '{{.Machine.Name}}'] });
    await send('json', '{{.Machine.ShortName}} {{.Param "site/hidden"}}');
    await send('raw', '{"rack":{{.ParamAsJSON "site/rack"}}}');
    await send('json', null);
    await send('none', 'text');
    assert.deepEqual(
      receiver.requests.map(({ body }) => body),
      ['{"a":[1,"{{.Machine.Name}}"]}', JSON.stringify(`m1 ${SECRET}`), '{"rack":"R1"\n}', 'null', ''],
    );
  });

  test('goes to a URL and with headers that are templates with the dot of callbacks', async () => {
    const { host } = new URL(running.endpoint.url);
    const Headers = {
      'X-Machine': '{{.Machine.Path}} {{.Machine.HexAddress}} {{.Machine.HasProfile "web"}}',
      'X-Params':
        '{{.Param "site/role"}},{{.Param "site/rack"}},{{.Param "site/nil"}},{{.ParamExists "site/nil"}},{{.ParamExists "site/rack"}}',
      'X-More':
        '{{.ParamExpand "site/text"}} {{get (.Param "site/own") "n"}} {{.ParamAsYAML "site/own" | trim}}',
      'X-Endpoint':
        '{{.ApiURL}} {{.ParseUrl "scheme" .ApiURL}} {{.ProvisionerURL}} {{.ProvisionerAddress}} {{.Info.api_port}}',
      'X-Auth': '{{.GetAuthString "b"}}',
    };
    const auths = { b: { AuthType: 'basic', Username: 'u', Password: 'p' } };
    const callbacks = await service(
      {
        t: {
          Url: `${receiver.url}/{{.Machine.Name | upper}}?h={{.Param "site/hidden" | urlquery}}`,
          Headers,
        },
      },
      auths,
    );
    await act(callbacks, { 'callback/action': 't' });
    const [{ path, headers } = { path: '', headers: {} as IncomingHttpHeaders }] = receiver.requests;
    assert.equal(path, `/M1.EXAMPLE.COM?h=${encodeURIComponent(SECRET).replaceAll('%20', '+')}`);
    assert.equal(headers['x-machine'], `machines/${machine.Uuid} C000020A true`);
    assert.equal(headers['x-params'], 'web,R1,<no value>,false,true');
    assert.equal(headers['x-more'], 'of m1 1 "n": 1');
    const info = await api.info();
    const port = host.split(':')[1];
    assert.equal(
      headers['x-endpoint'],
      `https://${info.address}:${port} https http://${info.address}:${info.file_port} ${info.address} ${port}`,
    );
    assert.equal(headers['x-auth'], btoa('u:p'));
  });

  test('is not sent when a template fails: the error names it, and what is secure is masked in it', async () => {
    const auths = { b: { AuthType: 'basic', Username: 'u', Password: 'S3CRET-pass' } };
    const callbacks = await service(
      {
        bad: {
          Url: `${receiver.url}/{{fail (.Param "site/hidden")}}`,
          Headers: { A: '{{fail (.GetAuthString "b")}}', B: '{{.Nope}}' },
        },
        endless: { Url: '{{range until 99999}}{{range until 99999}}x{{end}}{{end}}' },
        elsewhere: { Url: '{{.Machine.Name}}' },
        header: { Headers: { X: 'a{{"\\n"}}b' } },
        unknown: { Headers: { X: '{{.GetAuthString "nobody"}}' } },
      },
      auths,
    );
    const failed = async (name: string) => {
      const error = await act(callbacks, { 'callback/action': name }).then(
        () => assert.fail('it did not fail'),
        (thrown: ModelError) => thrown,
      );
      assert.equal(error.code, 422, error.message);
      return error.messages.join('\n');
    };
    const bad = await failed('bad');
    assert.match(
      bad,
      /callback\/callbacks: bad: template: Url:1:.*\*\*\*.*\n.*template: Headers\.A:1:.*\*\*\*\n.*Headers\.B:1.*Nope/s,
    );
    assert.doesNotMatch(bad, /S3CRET/);
    assert.match(await failed('endless'), /takes more than \d+ steps|makes more than/);
    assert.match(await failed('elsewhere'), /elsewhere: Url, when it is rendered: expected a URL/);
    assert.match(await failed('header'), /Headers\.X, when it is rendered: has characters/);
    assert.match(await failed('unknown'), /there is no "nobody" in callback\/auths/);
    assert.equal(receiver.requests.length, 0);
  });

  test('goes to callback/url when no name is given, with nothing that is secure', async () => {
    const callbacks = await service({}, { b: { AuthType: 'basic', Username: 'u', Password: 'p' } });
    const url = `${receiver.url}/{{.Machine.Name}}`;
    assert.notEqual(machine.Secret ?? '', '', 'the endpoint tells it');
    assert.equal(await act(callbacks, { 'callback/url': url }), btoa('{}'));
    assert.equal(receiver.requests[0]?.path, '/m1.example.com');
    for (const template of ['{{.Param "site/hidden"}}', '{{.GetAuthString "b"}}', '{{.Machine.Secret}}']) {
      await assert.rejects(act(callbacks, { 'callback/url': `${url}/${template}` }), { code: 422 });
      await assert.rejects(act(callbacks, { 'callback/url': url, 'callback/data-override': template }), {
        code: 422,
      });
    }
    await assert.rejects(act(callbacks, {}), { code: 400, message: /callback\/action: expected/ });
    assert.equal(receiver.requests.length, 1);
  });

  test('is nothing for an action that no entry has: a warning, and no error', async () => {
    const callbacks = await service({});
    assert.equal(
      await act(callbacks, { 'callback/action': 'x' }),
      'Callback skipped because action unknown: x',
    );
    assert.ok(lines.some((line) => /its action is unknown: x/.test(line)));
  });

  test('is any object, or the system, as well', async () => {
    const callbacks = await service({
      c: { Aggregate: true, Headers: { X: '{{.Object.Name}} {{.Param "site/role"}}' } },
    });
    await act(
      callbacks,
      { 'callback/action': 'c' },
      { prefix: 'profiles', model: { Name: 'web', Params: {} } },
    );
    await act(callbacks, { 'callback/action': 'c' }, { prefix: 'system', model: {} }).catch(() => {});
    await act(
      callbacks,
      { 'callback/action': 'c' },
      { prefix: 'jobs', model: { Uuid: 'j', Machine: machine.Uuid, Name: 'j' } },
    );
    assert.deepEqual(
      receiver.requests.map(({ headers }) => headers.x).filter((text) => text !== undefined),
      ['web web', 'j web'],
    );
    assert.deepEqual((await sent())[0], { Name: 'web', Params: { 'site/role': 'web' } });
  });

  test('is the machine when its tasks are complete or a job fails, and the event for other entries', async () => {
    const callbacks = await service({
      taskcomplete: { Aggregate: true },
      jobfail: {},
      watch: {
        Events: ['profiles.*.*'],
        ExcludeParams: ['x'],
        Headers: { X: '{{.Event.Action}} {{.Object.Name}}' },
      },
    });
    const at = (CurrentTask: number) => ({ ...machine, Tasks: ['a'], CurrentTask });
    tell(callbacks, {
      Type: 'machines',
      Action: 'update',
      Key: String(machine.Uuid),
      Object: at(1),
      Original: at(0),
    });
    const [complete] = await sent();
    assert.deepEqual([complete.CurrentTask, complete.Params['site/role']], [1, 'web']);
    tell(callbacks, {
      Type: 'jobs',
      Action: 'update',
      Key: 'j',
      Object: { State: 'failed', Machine: machine.Uuid },
    });
    assert.equal((await sent(2))[1].Name, machine.Name);
    const profile = {
      Type: 'profiles',
      Action: 'update',
      Object: { Name: 'gone', Params: { x: 1, y: 2 } },
      Original: { Params: { x: 2 } },
    };
    tell(callbacks, profile);
    const expected = { Time: 'T', Type: 'profiles', Action: 'update', Key: 'k', Principal: 'p' };
    assert.deepEqual((await sent(3))[2], {
      ...expected,
      Object: { Name: 'gone', Params: { y: 2 } },
      Original: { Params: {} },
    });
    assert.equal(receiver.requests[2]?.headers.x, 'update gone');
  });

  test('when an event has it fail is told in the log, once, and the next goes out', async () => {
    const callbacks = await service({
      watch: { Events: ['x.*.*'], Headers: { A: '{{.Object.a}}' } },
      jobfail: {},
    });
    receiver.statuses(500, 200);
    for (const a of ['1', '2']) tell(callbacks, { Type: 'x', Action: 'y', Object: { a } });
    tell(callbacks, { Type: 'x', Action: 'y', Object: {} });
    tell(callbacks, {
      Type: 'jobs',
      Action: 'save',
      Key: 'j',
      Object: { State: 'failed', Machine: '6e703114-2a1c-4b6c-8f0e-6a3a3b1f2d11' },
    });
    await sent(2);
    await until(
      () =>
        lines.filter((line) => /for (x|machines)\//.test(line) && /not tried again/.test(line)).length === 3,
      lines.join('\n'),
    );
    assert.ok(
      lines.some((line) =>
        /Callback API returned 500: watch: .*for x\/k: it is not tried again: see Retry and Durable/.test(
          line,
        ),
      ),
    );
    assert.ok(lines.some((line) => /The machine 6e703114\S+ is gone/.test(line)));
  });

  test('never tells of its own log lines', async () => {
    const callbacks = await service({ watch: { Events: ['*.*.*'] } });
    tell(callbacks, { Type: 'log', Action: 'error', Key: 'callback', Object: { Service: 'callback' } });
    tell(callbacks, { Type: 'log', Action: 'error', Key: 'ipmi', Object: { Service: 'ipmi' } });
    assert.equal((await sent())[0].Key, 'ipmi');
  });

  test('what waits when the plugin stops is sent before it ends', async () => {
    const callbacks = await service({ watch: { Events: ['x.*.*'] } });
    receiver.answer = (_request, response) => setImmediate(() => response.end('{}'));
    for (const Key of ['1', '1', '1', '2']) tell(callbacks, { Type: 'x', Action: 'y', Key, Object: {} });
    await callbacks.stop();
    assert.equal(receiver.requests.length, 4);
    await assert.rejects(act(callbacks, { 'callback/url': receiver.url }), { code: 409 });
  });
});
