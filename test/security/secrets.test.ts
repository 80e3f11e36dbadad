import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { Client } from '../../lib/api/index.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { Drpkit, drpkit, type Result } from '../drpkit/drpkit.ts';
import { Runner } from '../drpkit/runner.ts';
import { binary } from '../support/binary.ts';
import { HookReceiver } from '../support/hook-receiver/index.ts';
import { MetalService } from '../support/metal-service/index.ts';
import { SlackService } from '../support/slack-service/index.ts';
import { until } from '../support/until.ts';
import { filesBelow, processes, Secrets } from './secrets.ts';

const PROVIDERS = ['callback', 'incrementer', 'packet-ipmi', 'slack', 'virtualbox-ipmi'] as const;

/** In every secret that this test makes, and nowhere else. */
const MARK = `au${process.pid}dit`;
const BOT_KEY = `xoxb-${MARK}-slack`;
const API_KEY = `${MARK}-metal`;
const LOGIN = `${MARK}-callback`;
const PARAM = `${MARK} "of a machine"`;
const WRONG = `${MARK}-wrong`;

describe('secrets are where they have to be and nowhere else, with all plugins at work under drpkit endpoint', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, () => {
  const secrets = new Secrets();
  /** What drpkit and the API answered, and what was told to Slack. */
  const told: string[] = [];
  let folder = '';
  let root = '';
  let temporary = '';
  let password = '';
  let endpoint: Drpkit;
  let slack: SlackService;
  let cloud: MetalService;
  let hook: HookReceiver;
  let api: Client;
  let url = '';
  let machine = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audit-'));
    [root, temporary] = [join(folder, 'root'), join(folder, 'tmp')];
    const tools = join(folder, 'tools');
    for (const made of [temporary, tools, join(root, 'plugins')]) await mkdir(made, { recursive: true });
    for (const name of PROVIDERS) await symlink(binary(name), join(root, 'plugins', name));
    // What a tool that a plugin runs gets to see.
    await writeFile(
      join(tools, 'vboxmanage'),
      `#!/bin/sh\n{ printf '%s\\n' "$0" "$@"; env; tr '\\0' '\\n' </proc/$$/cmdline; } >>'${join(folder, 'tool-saw')}'\n`,
    );
    await chmod(join(tools, 'vboxmanage'), 0o755);
    slack = await SlackService.start();
    slack.addChannel({ name: 'ops', members: [slack.addBot({ token: BOT_KEY })] });
    cloud = await MetalService.start({ key: API_KEY });
    hook = await HookReceiver.start();
    hook.answer = ({ headers, body }, response) =>
      response.writeHead(500).end(`${headers.authorization} ${body}`);
    for (const [name, secret] of Object.entries({ BOT_KEY, API_KEY, LOGIN, PARAM, WRONG }))
      secrets.add(name, secret);

    const env = { TMPDIR: temporary, PATH: `${tools}${delimiter}${process.env.PATH}`, HOME: folder };
    const ports = ['--port', '0', '--static-port', '0'];
    endpoint = await Drpkit.start(['endpoint', '--root', root, ...ports, '--community-content'], { env });
    await endpoint.printed(/Ctrl-C/);
    url = /serves (https:\S+),/.exec(endpoint.stdout)?.[1] ?? '';
    password = /Password: (\S+) /.exec(endpoint.stdout)?.[1] ?? '';
    secrets.add('the password', password);
    api = new Client({ endpoint: url, user: 'rocketskates', password, trace: 'trace', traceToken: 'audit' });
  });
  after(async () => {
    api?.close();
    await endpoint?.[Symbol.asyncDispose]();
    await slack?.[Symbol.asyncDispose]();
    await cloud?.[Symbol.asyncDispose]();
    await hook?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function plugin(
    Name: string,
    Provider: string,
    Params: RawModel,
    secret: RawModel = {},
  ): Promise<void> {
    await until(() => api.objects('plugin_providers').exists(Provider), `the provider ${Provider}`);
    await api.objects('plugins').create({ Name, Provider, Params });
    for (const [name, value] of Object.entries(secret)) {
      await api.params('plugins', Name).setSecure(name, value);
    }
    let errors: string[] = [];
    await until(async () => {
      const { PluginErrors } = await api.objects('plugins').get(Name);
      errors = (PluginErrors ?? []).filter((error) => !error.startsWith('Missing required parameter: '));
      return errors.length > 0 || (await api.actions('plugins', Name).list()).length > 0;
    }, `the plugin ${Name}`);
    told.push(...errors);
  }

  /** The plugin that the endpoint made by itself. */
  async function hooks(): Promise<void> {
    await until(() => api.objects('plugins').exists('callback'), 'the plugin callback');
    const params = api.params('plugins', 'callback');
    await params.setSecure('callback/auths', {
      me: { AuthType: 'basic', Username: 'drp', Password: LOGIN },
    });
    const Url = `${hook.url}/{{.Param "audit/param" | urlquery}}`;
    await params.set('callback/callbacks', {
      ask: { Url, Auth: 'me', Decode: true, Debug: true },
      watch: { Url: hook.url, Auth: 'me', Events: ['machines.*.*'], Durable: true },
    });
  }

  async function act(prefix: string, key: string, command: string, params: RawModel = {}): Promise<void> {
    const done = api.actions(prefix, key).run(command, params);
    told.push(
      await done.then(
        (value) => JSON.stringify(value),
        (error: Error) => `${error.stack} ${JSON.stringify(error)}`,
      ),
    );
  }

  async function kit(args: string[], env: Record<string, string>, input = ''): Promise<Result> {
    const result = await drpkit(args, {
      env: { RS_ENDPOINT: url, TMPDIR: temporary, ...env },
      input,
      cwd: folder,
    });
    told.push(result.stdout, result.stderr);
    return result;
  }

  test('plugins at work, their services failing with what they were sent', async () => {
    await using events = api.events();
    await events.register('*.*.*');
    const heard: string[] = [];
    const listening = (async () => {
      for await (const { event } of events) {
        heard.push(JSON.stringify(event));
        if (event?.Type === 'audit') return;
      }
    })();
    await api.objects('params').create({ Name: 'audit/param', Secure: true, Schema: { type: 'string' } });
    machine = (await api.objects('machines').create({ Name: 'audited' })).Uuid;
    await api.params('machines', machine).setSecure('audit/param', PARAM);
    await Promise.all([
      plugin(
        'slack',
        'slack',
        { 'slack/api-url': slack.url, 'slack/events': ['*.*.*'], 'slack/format': 'text' },
        { 'slack/bot-key': BOT_KEY },
      ),
      plugin(
        'metal',
        'packet-ipmi',
        { 'packet/api-url': cloud.url, 'packet/poll-interval': 0.05, 'packet/import-existing': false },
        { 'packet/api-key': API_KEY },
      ),
      hooks(),
      plugin('vbox', 'virtualbox-ipmi', { 'virtualbox/user': userInfo().username }),
      plugin('count', 'incrementer', {}),
      plugin('wrong', 'slack', { 'slack/api-url': slack.url }, { 'slack/bot-key': WRONG }),
    ]);
    await act('machines', machine, 'increment', { 'audit/param': PARAM });
    await act('machines', machine, 'increment', {
      'incrementer/step': WRONG.length,
      'incrementer/parameter': 'audit/param',
    });
    await until(async () => {
      await act('machines', machine, 'callbackDo', { 'callback/action': 'ask' });
      return hook.requests.some(({ body }) => body.includes(JSON.stringify(PARAM)));
    }, 'a call');
    slack.fail('chat.postMessage', { error: BOT_KEY });
    slack.fail('chat.postMessage', { status: 500, body: BOT_KEY });
    await act('plugins', 'slack', 'slackPost', { 'slack/text': `${BOT_KEY} ${API_KEY} password=${WRONG}` });
    cloud.fail({ how: 'status', status: 422, message: `no ${API_KEY}`, times: 1 });
    await act('plugins', 'metal', 'startVm', { 'packet/uuid': 'x-1' });
    await act('plugins', 'metal', 'createVm', {});
    await act('plugins', 'vbox', 'createVm', { 'virtualbox/name': 'audited-vm' });
    await act('plugins', 'vbox', 'startVm', { 'virtualbox/id': machine });
    // A change of its secret, so that the plugin is started anew with another.
    await api.params('plugins', 'metal').setSecure('packet/api-key', WRONG);
    await until(
      async () => ((await api.objects('plugins').get('metal')).PluginErrors ?? []).length > 0,
      'the refusal',
    );
    await api.params('plugins', 'metal').setSecure('packet/api-key', API_KEY);
    await api.postEvent({ Type: 'audit', Action: 'last', Key: 'one', Object: null });
    await listening;
    assert.ok(heard.length > 20, 'events were heard');
    told.push(...heard);
    for (const prefix of ['machines', 'plugins', 'params', 'users'])
      told.push(JSON.stringify(await api.objects(prefix).list()));
    told.push(JSON.stringify(await api.logs()));
    // That a secret is there for those who ask for it shows that it would be found.
    const open = await api.objects('machines').get(machine, { decode: true });
    assert.deepEqual(secrets.in(JSON.stringify(open)), ['PARAM']);
  });

  test('drpkit, with what it debugs and what goes wrong', async () => {
    const RS_KEY = `rocketskates:${password}`;
    const set = await kit(
      ['machines', 'set', 'Name:audited', 'param', 'audit/param', 'to', '-'],
      { RS_KEY },
      JSON.stringify(PARAM),
    );
    assert.equal(set.code, 0, set.stderr);
    const results = await Promise.all([
      kit(['-d', 'machines', 'show', 'Name:audited'], { RS_KEY }),
      kit(['-d', 'plugins', 'list'], { RS_KEY }),
      kit(['plugins', 'params', 'metal'], { RS_KEY }),
      kit(['users', 'list'], { RS_KEY }),
      kit(
        ['contents', 'bundlize', 'made.yaml', 'machines:Name:audited', 'plugins:metal', '--key', 'key.json'],
        { RS_KEY },
      ),
      kit(['-d', 'machines', 'list'], { RS_KEY: `rocketskates:${WRONG}` }),
      kit(['-d', 'machines', 'list'], { RS_TOKEN: WRONG }),
    ]);
    assert.deepEqual(
      results.slice(-2).map(({ code }) => code),
      [1, 1],
    );
    assert.deepEqual(
      results.slice(0, 4).map(({ code, stderr }) => [code, stderr !== undefined]),
      Array(4).fill([0, true]),
    );
  });

  test('tokens, command lines and environments', async () => {
    const running = await processes();
    const plugins = running.filter(
      ({ line }) => line.includes(join(root, 'plugins')) && line.includes('listen'),
    );
    assert.equal(plugins.length, PROVIDERS.length, 'the plugins run');
    for (const { environment } of plugins) {
      const token =
        environment.find((entry) => entry.startsWith('RS_TOKEN='))?.slice('RS_TOKEN='.length) ?? '';
      assert.match(token, /^[\w-]+\.[\w-]{43}$/);
      secrets.add('a token', token);
    }
    const answer = await api.request({ path: ['users', 'rocketskates', 'token'] });
    const { Token } = answer as { Token: string };
    secrets.add('a token', Token);
    for (const { pid, line, environment } of running) {
      assert.deepEqual(secrets.in(line), [], `command line of ${pid}`);
      // A plugin's own token is where the protocol has it, and nothing else is anywhere.
      const own = plugins.some((other) => other.pid === pid) ? 'RS_TOKEN=' : '\n';
      const others = environment.filter((entry) => !entry.startsWith(own));
      assert.deepEqual(secrets.in(others.join('\n')), [], `environment of ${pid}: ${line}`);
    }
    const seen = await readFile(join(folder, 'tool-saw'), 'utf8');
    assert.match(seen, /vboxmanage\nlist\nvms\n/);
    assert.deepEqual(secrets.in(seen), []);
    assert.doesNotMatch(seen, /^RS_/m);
  });

  test('drpkit, with logins in URLs, input that cannot be read, and archives for those who are to help', async () => {
    using runner = new Runner(
      { RS_ENDPOINT: url, RS_KEY: `rocketskates:${password}`, TMPDIR: temporary },
      folder,
    );
    const at = `http://someone:${LOGIN}@127.0.0.1:9`;
    const put = async (file: string, text: string) => {
      const path = join(folder, file);
      await writeFile(path, text);
      return path;
    };
    const item = {
      Name: 'tools',
      Version: 'stable',
      ActualVersion: 'v1.0.0',
      ContentType: 'DRPUX',
      Source: `${at}/x`,
    };
    const section = { tools: { ...item, Shasum256: { 'any/any': '0' } } };
    const catalog = await put(
      'catalog.json',
      JSON.stringify({ meta: {}, sections: { catalog_items: section } }),
    );
    const broken = await put('broken', `{"a": ${LOGIN}`);
    const config = await put('agent.yml', `Endpoints: ${url}\nToken: ${LOGIN}\n  MachineID: x\n`);
    const failing = [
      ['catalog', 'items', '-c', `${at}/catalog`],
      ['catalog', 'items', '-c', `http://someone:${LOGIN}@[::1/x`],
      ['catalog', 'items', '-c', 'http://127.0.0.1:9/x', '-D', `${at}/`],
      ['catalog', 'item', 'install', 'tools', '-c', catalog],
      ['catalog', 'updateLocal', '-c', catalog],
      ['files', 'upload', `${at}/x`, 'as', 'x'],
      ['isos', 'upload', `http://someone:${LOGIN}@[::1/x`, 'as', 'x'],
      ['contents', 'upload', `${at}/x`],
      ['machines', 'set', 'Name:audited', 'param', 'audit/param', 'to', broken],
      ['plugins', 'update', 'metal', broken],
      ['agent', '--config', config],
      ['agent', '--config', broken],
      ['-E', `https://someone:${LOGIN}@127.0.0.1:9`, 'info', 'get'],
    ];
    for (const args of failing) {
      const { code, stdout, stderr } = await runner.run(args);
      assert.equal(code, 1, args.join(' '));
      told.push(stdout, stderr);
    }
    // They are the operator's own, and hold no secret of the endpoint.
    for (const file of [catalog, broken, config]) await rm(file);
    for (const args of [
      ['support', 'bundle'],
      ['support', 'machine-bundle', 'Name:audited'],
    ])
      told.push(await runner.text(...args));
    const archives = (await readdir(folder)).filter((name) => name.endsWith('.zip'));
    assert.equal(archives.length, 2);
    for (const name of archives) {
      const parts = unzipSync(await readFile(join(folder, name)));
      assert.ok(Object.keys(parts).length > 0);
      told.push(...Object.values(parts).map((part) => strFromU8(part)));
    }
    const body = `{"audit/param": ${PARAM}}`;
    for (const path of [
      ['machines', machine, 'params'],
      ['machines', machine, 'params', 'audit/param'],
    ]) {
      const request = { method: 'POST', path, body: () => Readable.from([body]) } as const;
      const headers = { 'content-type': 'application/json' };
      await assert.rejects(api.request({ ...request, headers }), (error: Error) => {
        told.push(`${error.stack} ${JSON.stringify(error)}`);
        return true;
      });
    }
    told.push(JSON.stringify(await api.logs()));
  });

  test('answers, errors, events, messages, and what processes print', () => {
    told.push(...slack.messages.map((message) => JSON.stringify(message.arguments)), ...slack.urls);
    for (const text of told) assert.deepEqual(secrets.in(text), [], text.slice(0, 2000));
    assert.equal(endpoint.stdout.split(password).length, 2, 'the password is printed once');
    assert.deepEqual(secrets.in(endpoint.stdout.replace(password, '') + endpoint.stderr), []);
    assert.match(endpoint.stderr, /Log token: audit/);
  });

  test('files: of the endpoint and its plugins, and in the folder for temporary ones', async () => {
    let database = '';
    for (const place of [root, temporary, folder]) {
      for await (const { file, text } of filesBelow(place)) {
        assert.deepEqual(secrets.in(text), [], file);
        if (file.endsWith('endpoint.db') || file.endsWith('endpoint.db-wal')) database += text;
      }
    }
    // They are there, sealed.
    assert.match(database, /"audit\/param":\{"Key":"[\w+/=]+","Nonce":"[\w+/=]+","Payload":"/);
    assert.match(database, /"packet\/api-key":\{"Key":/);
  });

  test('the end: nothing is left behind that has one', async () => {
    const { code, stdout, stderr } = await endpoint.end('SIGTERM');
    assert.equal(code, 0, stderr);
    assert.deepEqual(secrets.in(stdout.replace(password, '') + stderr), []);
    for await (const { file, text } of filesBelow(folder)) assert.deepEqual(secrets.in(text), [], file);
  });
});
