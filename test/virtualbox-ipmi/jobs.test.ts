import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Jobs } from '../../cmd/virtualbox-ipmi/jobs.ts';
import { ModelError } from '../../lib/models/index.ts';
import { never } from './managed-box.ts';

/** Work that ends when it is told to, or aborted. */
function work(notes: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    end: resolve,
    run: async (signal: AbortSignal) => {
      notes.push(`start ${name}`);
      await new Promise<void>((done, fail) => {
        signal.addEventListener('abort', () => fail(signal.reason));
        promise.then(done);
      });
      notes.push(`end ${name}`);
    },
  };
}

function jobs(signal = never) {
  const failed: string[] = [];
  return { failed, jobs: new Jobs(signal, (machine, error) => failed.push(`${machine}: ${error}`)) };
}

test('a machine is created once, however often it is asked for', async () => {
  const notes: string[] = [];
  const { jobs: all } = jobs();
  const [first, second] = [work(notes, 'first'), work(notes, 'second')];
  const created = [all.create('m1', first.run), all.create('m1', second.run)];
  first.end();
  await Promise.all(created);
  assert.deepEqual(notes, ['start first', 'end first']);
  second.end();
  await all.create('m1', second.run);
  assert.deepEqual(notes.slice(2), ['start second', 'end second']);
});

test('the deletion of a machine cuts off its creation, and comes after it', async () => {
  const notes: string[] = [];
  const { failed, jobs: all } = jobs();
  const [create, remove] = [work(notes, 'create'), work(notes, 'delete')];
  const created = assert.rejects(all.create('m1', create.run), /Machine m1 is deleted/);
  await new Promise(setImmediate);
  const deleted = [all.delete('m1', remove.run), all.delete('m1', remove.run)];
  await created;
  remove.end();
  await Promise.all(deleted);
  assert.deepEqual(notes, ['start create', 'start delete', 'end delete']);
  assert.deepEqual(failed, []);
});

test('a machine that is created again while it is deleted is created after that', async () => {
  const notes: string[] = [];
  const { jobs: all } = jobs();
  const [remove, create] = [work(notes, 'delete'), work(notes, 'create')];
  const both = [all.delete('m1', remove.run), all.create('m1', create.run)];
  create.end();
  remove.end();
  await Promise.all(both);
  assert.deepEqual(notes, ['start delete', 'end delete', 'start create', 'end create']);
});

test('four jobs run at once; one that waits can be deleted', async () => {
  const notes: string[] = [];
  const { jobs: all } = jobs();
  const works = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, ...work(notes, name) }));
  const running = works.map(({ name, run }) => all.create(name, run).catch(String));
  await new Promise(setImmediate);
  assert.deepEqual(notes, ['start a', 'start b', 'start c', 'start d']);
  const deleted = all.delete('e', async () => {});
  assert.match(String(await running[4]), /Machine e is deleted/);
  for (const { end } of works) end();
  await Promise.all([...running, deleted]);
});

test('failures are told of once each, and those of jobs that were aborted are not', async () => {
  const stopping = new AbortController();
  const { failed, jobs: all } = jobs(stopping.signal);
  const broken = async () => {
    throw new ModelError(409, 'broken');
  };
  const both = [all.create('m1', broken), all.create('m1', broken)];
  await Promise.allSettled(both);
  assert.deepEqual(failed, ['m1: ModelError: broken']);
  const stopped = assert.rejects(all.create('m2', work([], 'm2').run), /stop/);
  await new Promise(setImmediate);
  stopping.abort(new ModelError(503, 'stop'));
  await stopped;
  await all.settled();
  await assert.rejects(all.create('m3', broken), /stop/);
  assert.equal(failed.length, 1);
});
