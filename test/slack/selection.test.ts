import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { endpointSelectors, Selection } from '../../cmd/slack/selection.ts';
import { DEFAULTS } from './defaults.ts';
import { event } from './event.ts';

const UPKEEP = ['params.*.*', 'contents.*.*', 'plugin_providers.*.*'];

describe('what is listened to', () => {
  test('are the selectors, the changes in which failures show, and what tells of secret params', () => {
    assert.deepEqual(endpointSelectors(DEFAULTS['slack/events']), [
      ...['jobs.failed.*', 'plugins.failed.*', 'machines.create.*', 'machines.delete.*'],
      ...UPKEEP,
      ...['jobs.update.*', 'jobs.save.*', 'plugins.update.*', 'plugins.save.*'],
    ]);
    assert.deepEqual(endpointSelectors(['*.failed,create.k.1']).slice(4), [
      ...['jobs.update.k.1', 'jobs.save.k.1', 'plugins.update.k.1', 'plugins.save.k.1'],
    ]);
    assert.deepEqual(endpointSelectors(['machines.failed.*']), ['machines.failed.*', ...UPKEEP]);
  });

  test('is nothing twice, and no more than needed', () => {
    assert.deepEqual(endpointSelectors(['*.*.*', '*.*.*']), ['*.*.*', ...UPKEEP]);
    assert.deepEqual(endpointSelectors([]), UPKEEP);
  });
});

describe('what is shown', () => {
  const shows = (selectors: string[], name: string, more = {}) =>
    new Selection(selectors).select(event(name, more)) !== undefined;

  test('is what a selector names: all, lists, escapes, keys with dots', () => {
    assert.ok(shows(['*.*.*'], 'machines.update.a'));
    assert.ok(shows(['machines.create,delete.*'], 'machines.delete.a'));
    assert.ok(!shows(['machines.create,delete.*'], 'machines.update.a'));
    assert.ok(shows(['log.error.dr-provision'], 'log.error.dr-provision'));
    assert.ok(shows(['subnets.*.10.0.0.1'], 'subnets.create.10.0.0.1'));
    assert.ok(shows(['x.*.a\\2b\\1c'], 'x.do.a,b.c'));
    assert.ok(!shows([], 'machines.create.a'));
  });

  test('is not what is only listened to', () => {
    assert.ok(!shows(['jobs.failed.*'], 'params.update.x'));
    assert.ok(!shows(['jobs.failed.*'], 'jobs.update.x', { Object: { State: 'running' } }));
  });

  test('is the failure of a job once: by the change to it, not by changes after it, nor by an event of its own', () => {
    const selection = new Selection(['jobs.failed.*']);
    const told = (action: string, from: unknown, to: string) =>
      selection.select(
        event(`jobs.${action}.j`, { Original: from && { State: from }, Object: { State: to } }),
      )?.failed;
    assert.equal(told('update', 'running', 'running'), undefined);
    assert.equal(told('update', 'running', 'failed'), true);
    assert.equal(told('update', 'failed', 'failed'), undefined);
    assert.equal(told('failed', null, 'failed'), undefined);
    assert.equal(told('save', null, 'failed'), undefined);
    assert.equal(told('save', null, 'finished'), undefined);
    assert.equal(told('save', null, 'failed'), true);
  });

  test('is the failure of a job that only an event of its own tells of', () => {
    const selection = new Selection(['jobs.failed.*']);
    assert.equal(selection.select(event('jobs.failed.j', { Object: {} }))?.failed, true);
    assert.equal(selection.select(event('jobs.failed.j', { Object: {} })), undefined);
  });

  test('is each new error of a plugin', () => {
    const selection = new Selection(['plugins.failed.*']);
    const told = (from: string[] | null, to: string[] | null) =>
      selection.select(
        event('plugins.update.p', { Original: { PluginErrors: from }, Object: { PluginErrors: to } }),
      )?.failed ?? false;
    assert.equal(told(null, []), false);
    assert.equal(told([], ['a']), true);
    assert.equal(told(['a'], ['a']), false);
    assert.equal(told(['a'], ['b']), true);
    assert.equal(told(['b'], []), false);
    assert.equal(told([], ['b']), true);
  });

  test('keeps what failed over a change of the selectors', () => {
    const failure = event('jobs.save.j', { Object: { State: 'failed' } });
    const first = new Selection(['jobs.failed.*']);
    assert.ok(first.select(failure));
    assert.equal(new Selection(['*.failed.*'], first.failures).select(failure), undefined);
  });

  test('is marked as a failure when all is shown', () => {
    const selection = new Selection(['*.*.*']);
    assert.equal(selection.select(event('jobs.update.j', { Object: { State: 'failed' } }))?.failed, true);
    assert.equal(selection.select(event('jobs.update.j', { Object: { State: 'failed' } }))?.failed, false);
  });

  test('forgets the oldest of very many failures', () => {
    const selection = new Selection(['jobs.failed.*']);
    for (let count = 0; count < 3000; count += 1) {
      assert.ok(selection.select(event(`jobs.save.${count}`, { Object: { State: 'failed' } })));
    }
    assert.equal(selection.select(event('jobs.save.2999', { Object: { State: 'failed' } })), undefined);
  });
});
