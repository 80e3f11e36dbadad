import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from './running-endpoint.ts';

/** Each refers to the next: more than the stack has room for, and more than is taken. */
const [PROFILES, TASKS] = [10_000, 1200];

let running: Running;

before(async () => {
  running = await Running.open();
  const chain = (name: string, length: number, fields: (at: number, next: string[]) => RawModel) =>
    Object.fromEntries(
      Array.from({ length }, (_, at) => {
        const next = at + 1 < length ? [`${name}${at + 1}`] : [];
        return [`${name}${at}`, { Name: `${name}${at}`, ...fields(at, next) }];
      }),
    );
  const tasks = chain('t', TASKS, (_, Prerequisites) => ({ Prerequisites }));
  const profiles = chain('p', PROFILES, (at, Profiles) => ({ Profiles, Params: { [`n${at}`]: at } }));
  const content = {
    meta: { Name: 'chains', Version: 'v1.0.0' },
    sections: { tasks, profiles },
  };
  await running.ok('POST', 'contents', content);
});
after(() => running[Symbol.asyncDispose]());

test('a task at the end of a long chain of prerequisites is not available, and says why', async () => {
  const long = await running.ok('GET', 'tasks/t0');
  assert.equal(long.Available, false);
  assert.match(String(long.Errors), /^Task t0 has a chain of more than 1000 prerequisites/);
  const short = await running.ok('GET', `tasks/t${TASKS - 1000}`);
  assert.deepEqual([short.Available, short.Errors], [true, []]);
  const first = `t${TASKS - 1000}`;
  await running.ok('POST', 'stages', { Name: 'fits', Tasks: [first] });
  const { Tasks } = await running.ok('POST', 'machines', { Name: 'fits', Stage: 'fits' });
  assert.equal((Tasks as string[]).length, 1000);
  assert.deepEqual([(Tasks as string[])[0], (Tasks as string[]).at(-1)], [`t${TASKS - 1}`, first]);
  await running.ok('POST', 'stages', { Name: 'long', Tasks: ['t0'] });
  const reply = await running.refused(422, 'POST', 'machines', { body: { Name: 'long', Stage: 'long' } });
  assert.match(reply, /wants Stage long, which is not available$/);
});

test('params of profiles in profiles are found however deep they are', async () => {
  const { Uuid } = await running.ok('POST', 'machines', { Name: 'deep', Profiles: ['p0'] });
  const params = await running.ok('GET', `machines/${Uuid}/params?aggregate=true`);
  assert.equal(Object.keys(params).length, PROFILES);
  assert.equal(
    await running.ok('GET', `machines/${Uuid}/params/n${PROFILES - 1}?aggregate=true`),
    PROFILES - 1,
  );
});

test('a patch that nests a document into itself, and one with a long pointer, are refused', async () => {
  await running.ok('POST', 'profiles', { Name: 'nested', Params: { aa: {} } });
  // Each of them doubles the depth.
  const copies: RawModel[] = Array.from({ length: 20 }, (_, at) => ({
    op: 'copy',
    from: '/Params',
    path: `/Params${'/aa'.repeat(2 ** (at + 1))}`,
  }));
  const adds: RawModel[] = Array.from({ length: 600 }, (_, at) => ({
    op: 'add',
    path: `/Params${'/aa'.repeat(at + 1)}`,
    value: {},
  }));
  const pointer = [{ op: 'add', path: `/Params${'/aa'.repeat(200_000)}`, value: 1 }];
  for (const patch of [copies, adds, pointer]) {
    const reply = await running.call('PATCH', 'profiles/nested', { body: patch });
    assert.ok([400, 409, 413].includes(reply.status), `${reply.status} ${reply.text.slice(0, 300)}`);
    assert.doesNotMatch(reply.text, /call stack/);
  }
  const said = await running.refused(400, 'PATCH', 'profiles/nested', { body: copies });
  assert.match(said, /^Patch line \d+: the document nests too deeply$/);
  assert.deepEqual((await running.ok('GET', 'profiles/nested')).Params, { aa: {} });
});
