import assert from 'node:assert/strict';
import { existsSync, lstatSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const sample = [process.execPath, join(import.meta.dirname, '../support/sample-plugin.ts')];
const MACHINE = { Uuid: '3e7031fc-3062-45f1-835c-92541bc9cbd3' };

describe('a plugin at work', () => {
  let provider: ProviderProcess;
  before(async () => {
    provider = await ProviderProcess.start(sample, {
      answer: ({ path, body }) => {
        if (path.endsWith('/objects/cows')) return { status: 200, body: [{ Id: 'bertie' }] };
        if (path.endsWith('/publish') && (body as { Type: string }).Type === 'sample') return { status: 200 };
        return undefined;
      },
    });
  });
  after(async () => provider[Symbol.asyncDispose]());

  const logged = async (message: string) => {
    const find = () => provider.endpoint.lines.find(({ Message }) => Message.includes(message));
    await until(() => find() !== undefined, `the line ${message}`);
    return find();
  };

  test('config gives the plugin its name', async () => {
    assert.equal((await provider.post('config', { Name: 'one', 'sample/secret': 'S3CRET' })).status, 200);
    await logged('config of one');
    assert.ok(!JSON.stringify(provider.endpoint.posts).includes('S3CRET'));
  });

  test('a config error is answered as itself, with its code', async () => {
    const { status, json } = await provider.post('config', { Name: 'one', refuse: true });
    assert.equal(status, 409);
    const expected = {
      Model: 'plugin',
      Key: 'sample',
      Type: 'plugin',
      Messages: ['you asked for it'],
      Code: 409,
    };
    assert.deepEqual(json, expected);
  });

  test('a config that crashes is a 500 that says what was thrown and where', async () => {
    const { status, json } = await provider.post('config', { crash: true });
    assert.equal(status, 500);
    const { Type, Key, Messages } = json as { Type: string; Key: string; Messages: string[] };
    assert.deepEqual([Type, Key], ['POST', '/api-plugin/v4/config']);
    assert.equal(Messages[0], 'Handler failed: TypeError: crashed in config');
    assert.ok(Messages.some((line) => line.includes('sample-plugin.ts')));
    assert.equal((await logged('crashed in config'))?.Level, 'error');
  });

  test('of configs that come together the last one counts, however long the others take', async () => {
    await using provider = await ProviderProcess.start(sample);
    const older = [
      provider.post('config', { Name: 'one', hold: true }),
      provider.post('config', { Name: 'two', hold: true }),
    ];
    const said = (text: string) => provider.endpoint.lines.filter(({ Message }) => Message === text).length;
    await until(
      () => said('Configuring plugin one') === 1 && said('config of one') === 1,
      'the first to be at work',
    );
    assert.equal((await provider.post('config', { Name: 'three' })).status, 200);
    for (const { status, json } of await Promise.all(older)) {
      assert.equal(status, 409);
      assert.deepEqual((json as { Messages: string[] }).Messages, ['Superseded by a newer config']);
    }
    assert.equal((await provider.action('nothing')).status, 200);
    const messages = provider.endpoint.lines.map(({ Message }) => Message);
    assert.equal(
      messages.findLast((message) => message.startsWith('configured')),
      'configured at once',
    );
  });

  test('a Name that is not a string is refused by name', async () => {
    const { status, json } = await provider.post('config', { Name: 7 });
    assert.equal(status, 400);
    assert.deepEqual((json as { Messages: string[] }).Messages, ['Name: expected a string, found a number']);
  });

  test('an action gets the params that it asked for, and no others', async () => {
    const { status, json } = await provider.action('echo', {
      Model: MACHINE,
      CommandSet: 'machines',
      Plugin: 'one',
      Params: { 'sample/needed': 1, 'sample/other': null, stray: true },
    });
    assert.equal(status, 200);
    assert.deepEqual(json, {
      model: MACHINE,
      params: { 'sample/needed': 1 },
      plugin: 'one',
      prefix: 'machines',
      command: 'echo',
    });
  });

  test('a required param that is missing is a 400 that names it', async () => {
    for (const Params of [{}, null, { 'sample/needed': null }]) {
      const { status, json } = await provider.action('echo', { Model: MACHINE, Params });
      assert.equal(status, 400);
      assert.deepEqual((json as { Messages: string[] }).Messages, [
        'Params.sample/needed: required by echo, but missing',
      ]);
    }
  });

  test('a model of another kind than the action needs is a 409 that names the field', async () => {
    for (const Model of [null, 'x', 7, []]) {
      const { status, json } = await provider.action('echo', { Model, Params: { 'sample/needed': 1 } });
      assert.equal(status, 409);
      assert.match(
        (json as { Messages: string[] }).Messages[0] ?? '',
        /^Model: expected one of machines for echo/,
      );
    }
  });

  test('the kind of object chooses between actions of one name', async () => {
    const answers = [];
    for (const CommandSet of ['machines', 'plugins', 'system', '']) {
      answers.push((await provider.action('both', { CommandSet, Model: {} })).json);
    }
    assert.deepEqual(answers.slice(0, 2), ['a machine', 'a plugin']);
    assert.deepEqual((answers[2] as { Messages: string[] }).Messages, ['Unknown command: both on system']);
    assert.deepEqual((answers[3] as { Messages: string[] }).Messages, ['Unknown command: both']);
  });

  test('an action without a result answers null', async () => {
    assert.equal((await provider.action('nothing')).text, 'null');
  });

  for (const [command, message] of [
    ['crash', 'Handler failed: RangeError: crashed in an action'],
    ['text', 'Handler failed: only text'],
    ['endless', /^endless: what it returned cannot be JSON: Converting circular structure/],
  ] as const) {
    test(`the action ${command}, which fails unexpectedly, is a 500 that says so`, async () => {
      const { status, json } = await provider.action(command);
      assert.equal(status, 500);
      const [first = ''] = (json as { Messages: string[] }).Messages;
      if (typeof message === 'string') assert.equal(first, message);
      else assert.match(first, message);
    });
  }

  test('an error whose code is no error status is a 500, in the body as well', async () => {
    const { status, json } = await provider.action('code');
    assert.equal(status, 500);
    const { Messages, Code } = json as { Messages: string[]; Code: number };
    assert.deepEqual({ Messages, Code }, { Messages: ['an error that says 200'], Code: 500 });
  });

  test('what a handler leaves behind and fails later is logged and ends nothing', async () => {
    assert.equal((await provider.action('late')).json, 'answered');
    const crash = await logged('crashed after the answer');
    assert.match(crash?.Message ?? '', /^Uncaught: /);
    assert.equal(crash?.IgnorePublish, true);
    assert.match((await logged('rejected after the answer'))?.Message ?? '', /^Uncaught: /);
    assert.equal((await provider.action('nothing')).status, 200);
  });

  test('what cannot be shown is logged and answered as such, and ends nothing', async () => {
    await using provider = await ProviderProcess.start(sample);
    const { status, json } = await provider.action('unshowable');
    assert.equal(status, 500);
    assert.match((json as { Messages: string[] }).Messages[0] ?? '', /no stack/);
    const uncaught = () => provider.endpoint.lines.filter(({ Message }) => Message.startsWith('Uncaught: '));
    await until(() => uncaught().length === 14, 'each to be logged twice');
    assert.equal((await provider.action('nothing')).status, 200);
  });

  test('a line with very much data pushes out no other, and says what it left out', async () => {
    await using provider = await ProviderProcess.start(sample);
    assert.equal((await provider.action('large')).json, 'logged');
    const line = (text: string) => provider.endpoint.lines.find(({ Message }) => Message === text);
    await until(() => line('large') !== undefined, 'the line');
    assert.ok(line('before') !== undefined);
    assert.deepEqual(line('large')?.Data, [`${9 * 1024 * 1024 + 4} characters of data are left out`]);
  });

  test('log lines carry level, data, service, principal, group and the caller', async () => {
    await provider.action('levels', {}, { 'X-Log-Request': 'trace' });
    await logged('in another group');
    const line = (message: string) => provider.endpoint.lines.find(({ Message }) => Message === message);
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic', 'audit']) {
      const article = level === 'info' || level === 'error' || level === 'audit' ? 'an' : 'a';
      assert.equal(line(`${article} ${level}`)?.Level, level);
    }
    assert.deepEqual(line('an info')?.Data, [{ some: ['data'] }]);
    assert.match(line('an info')?.File ?? '', /sample-plugin\.ts$/);
    assert.ok((line('an info')?.Line ?? 0) > 1);
    assert.deepEqual([line('quiet')?.IgnorePublish, line('an info')?.IgnorePublish], [true, false]);
    assert.deepEqual([line('as another')?.Service, line('as another')?.Principal], ['other', 'someone']);
    assert.equal(line('an info')?.Group, line('a warn')?.Group);
    assert.notEqual(line('an info')?.Group, line('in another group')?.Group);
    const { Time = '' } = line('an info') ?? {};
    assert.equal(new Date(Time).toISOString(), Time);
  });

  test('the log level of a request may be named in any case', async () => {
    const after = provider.endpoint.lines.length;
    for (const level of ['WARN', 'Err']) await provider.action('levels', {}, { 'X-Log-Request': level });
    const count = (level: string) =>
      provider.endpoint.lines.slice(after).filter((line) => line.Level === level).length;
    await until(() => count('audit') === 2, 'the lines of both');
    assert.deepEqual([count('info'), count('warn'), count('error')], [0, 1, 2]);
  });

  test('publish, objects and leaving reach the endpoint', async () => {
    assert.equal((await provider.action('publish')).status, 200);
    assert.deepEqual((await provider.action('objects')).json, [{ Id: 'bertie' }]);
    assert.equal((await provider.action('leave')).status, 200);
    const sent = (path: string) => provider.endpoint.posts.find((post) => post.path === path)?.body;
    const { Time, ...event } = sent('/api-server-plugin/v4/publish') as Record<string, unknown>;
    assert.ok(Time);
    assert.deepEqual(event, {
      Type: 'sample',
      Action: 'made',
      Key: 'k',
      Principal: '',
      Object: { a: 1 },
      Original: null,
    });
    assert.deepEqual(sent('/api-server-plugin/v4/leaving'), {
      Model: 'plugins',
      Key: 'one',
      Type: 'plugin',
      Messages: ['gone'],
      Code: 403,
    });
  });

  test('events that are published to it reach its handler, whose refusal is the answer', async () => {
    const event = { Time: '2026-01-02T03:04:05.678901234Z', Type: 'machines', Action: 'create', Key: 'm' };
    assert.equal((await provider.post('publish', event)).status, 200);
    assert.equal((await logged('event machines.create.m'))?.IgnorePublish, true);
    const { status, json } = await provider.post('publish', { type: 'refused', action: 'x', key: 'y' });
    assert.equal(status, 409);
    assert.deepEqual((json as { Messages: string[] }).Messages, ['No such events, please']);
    assert.equal((await provider.post('publish', { Type: {} })).status, 400);
  });

  test('what is logged of an event that its handler crashed at becomes no event, which would crash it again', async () => {
    assert.equal((await provider.post('publish', { Type: 'crash' })).status, 500);
    assert.equal((await logged('crashed at an event'))?.IgnorePublish, true);
  });

  test('routes answer below /plugin-apis/PLUGIN, whatever stands before that', async () => {
    for (const before of ['', '/var/lib/sockets/one.toPlugin.2']) {
      const { status, json } = await provider.send('PUT', `${before}/plugin-apis/one/a/b?c=d`, {
        body: '"x"',
      });
      assert.equal(status, 200);
      assert.deepEqual(json, { method: 'PUT', path: '/a/b', query: { c: 'd' }, body: '"x"', plugin: 'one' });
    }
    const { status, headers, text } = await provider.send('GET', '/plugin-apis/one/bytes', {
      signal: AbortSignal.timeout(60_000),
    });
    assert.deepEqual([status, headers['x-own'], text.length], [202, 'yes', 2]);
    for (const hop of ['trailer', 'keep-alive', 'upgrade']) assert.equal(headers[hop], undefined);
    assert.equal((await provider.send('GET', '/plugin-apis/one')).status, 200);
  });
});

describe('a plugin that is stopped', () => {
  test('aborts what runs, calls its own stop, and says so in its log', async () => {
    await using provider = await ProviderProcess.start(sample);
    const waiting = provider.action('wait');
    await until(
      () => provider.endpoint.lines.some(({ Message }) => Message === 'waiting'),
      'the action to wait',
    );
    assert.equal((await provider.post('stop')).status, 200);
    const { status, json } = await waiting;
    assert.equal(status, 503);
    assert.deepEqual((json as { Messages: string[] }).Messages, ['Plugin sample is stopping']);
    assert.equal((await provider.exited).code, 0);
    const messages = provider.endpoint.lines.map(({ Message }) => Message);
    assert.deepEqual(
      messages.filter((message) => !message.startsWith('API: ')),
      ['waiting', 'told to end', 'own stop', 'Plugin sample stopped'],
    );
  });

  test('answers for an action that ignores its signal, and does not wait without end', async () => {
    await using provider = await ProviderProcess.start(sample);
    const waiting = provider.action('deaf');
    await until(
      () => provider.endpoint.lines.some(({ Message }) => Message === 'waiting'),
      'the action to wait',
    );
    provider.child.kill('SIGTERM');
    const { status, json } = await waiting;
    assert.equal(status, 503);
    assert.deepEqual((json as { Messages: string[] }).Messages, [
      'Plugin sample stopped before this was done',
    ]);
    assert.equal((await provider.exited).code, 0);
    assert.ok(provider.endpoint.lines.some(({ Message }) => Message.includes('still running')));
  });

  test('leaves a socket alone that its successor has made at the same path', async () => {
    await using provider = await ProviderProcess.start(sample);
    const kept = join(provider.folder, 'first');
    await rename(provider.toPlugin, kept);
    await using successor = await ProviderProcess.start(sample, {
      args: ['listen', provider.toPlugin, join(provider.folder, 'other')],
    });
    provider.child.kill('SIGTERM');
    assert.equal((await provider.exited).code, 0);
    assert.ok(lstatSync(provider.toPlugin).isSocket());
    successor.child.kill('SIGTERM');
    assert.equal((await successor.exited).code, 0);
    assert.equal(existsSync(provider.toPlugin), false);
  });
});

describe('a plugin with as many actions as it takes', () => {
  test('refuses the next one at once, and takes some again when some are done', async () => {
    await using provider = await ProviderProcess.start(sample);
    const waiting = Array.from({ length: 2000 }, () => provider.action('wait'));
    const count = () => provider.endpoint.lines.filter(({ Message }) => Message === 'waiting').length;
    await until(() => count() === 2000, 'all to wait');
    const { status, headers, json } = await provider.action('nothing');
    assert.deepEqual([status, headers['retry-after']], [503, '1']);
    assert.match((json as { Messages: string[] }).Messages[0] ?? '', /2000 actions run or wait here/);
    assert.equal((await provider.post('config', { Name: 'one' })).status, 200);
    assert.equal((await provider.send('GET', '/plugin-apis/one/refused')).json, 1);
    assert.equal((await provider.send('OPTIONS', '*')).status, 200);
    assert.equal((await provider.post('stop')).status, 200);
    for (const { status } of await Promise.all(waiting)) assert.equal(status, 503);
  });
});

describe('an endpoint that does not keep up', () => {
  test('is told how many lines were dropped, and gets the newest', async () => {
    await using provider = await ProviderProcess.start(sample, { deaf: true });
    assert.equal((await provider.action('flood')).json, 'flooded');
    await provider.endpoint.open();
    const last = () => provider.endpoint.lines.some(({ Message }) => Message.startsWith('line 19999 '));
    await until(last, 'the last line');
    const report = provider.endpoint.lines.find(({ Message }) => Message.includes('log lines were dropped'));
    const dropped = Number(report?.Message.split(' ')[0]);
    assert.ok(dropped > 0);
    assert.deepEqual([report?.Level, report?.IgnorePublish], ['warn', true]);
    const kept = provider.endpoint.lines.filter(({ Message }) => Message.startsWith('line '));
    assert.equal(kept.length + dropped, 20_000);
    const numbers = kept.map(({ Message }) => Number(Message.split(' ')[1]));
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
  });
});
