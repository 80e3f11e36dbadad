import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compose, eventsIn, type Item } from '../../cmd/slack/compose.ts';
import { entryOf } from '../../cmd/slack/entry.ts';
import { Links } from '../../cmd/slack/links.ts';
import { Mask } from '../../cmd/slack/mask.ts';
import type { Message } from '../../cmd/slack/message.ts';
import type { Format } from '../../cmd/slack/settings.ts';
import type { Event } from '../../lib/models/index.ts';
import { fc } from '../support/properties.ts';
import { blocksIn } from '../support/slack-service/blocks.ts';
import { event } from './event.ts';

const links = new Links('https://portal.rackn.io/#/e/10.0.0.1:8092/');
const mask = new Mask((param) => param === 'site/hidden');
const UUID = '5e7031fc-3062-45f1-835c-92541bc9cbd3';
const PAGE = `https://portal.rackn.io/#/e/10.0.0.1:8092/machines/${UUID}`;

const entry = (what: Event, format: Format = 'blocks', failed = false) =>
  entryOf({ event: what, failed }, format, mask, links);
const alone = (what: Event, failed = false) => compose([entry(what, 'blocks', failed)]).message;
const textIn = ({ blocks = [] }: Message) =>
  blocks.map((block) => (block.type === 'section' ? block.text.text : (block.elements[0]?.text ?? '')));

describe('an event as blocks', () => {
  test('says what happened to which object, by whom and when, with a link to it', () => {
    const what = event(`machines.create.${UUID}`, {
      Object: { Name: 'ws1.example.com', Address: '10.0.0.7' },
    });
    const message = alone(what);
    assert.equal(message.text, 'Machine created ws1.example.com');
    assert.deepEqual(textIn(message), [
      `:new: *Machine created* <${PAGE}|ws1.example.com> by user:rocketskates\nAddress: 10.0.0.7`,
      '<!date^1795259100^{date_short_pretty} {time_secs}|2026-11-21T11:05:00.421Z>',
    ]);
  });

  test('has no link to what is gone, and to what is no object', () => {
    assert.match(
      textIn(alone(event(`machines.delete.${UUID}`, { Object: { Name: 'ws1' } })))[0] ?? '',
      /^:wastebasket: \*Machine deleted\* ws1 by/,
    );
    assert.match(textIn(alone(event('made-up.go.k')))[0] ?? '', /^:small_blue_diamond: \*Made up: go\* k by/);
  });

  test('is told of also with a key that is not a text', () => {
    assert.match(textIn(alone(event('machines.save.\ud800')))[0] ?? '', /machines\/%EF%BF%BD\|/);
  });

  test('names the task and the machine of a job that failed', () => {
    const object = { Task: 'os-install', Stage: 'install', Machine: UUID, State: 'failed' };
    const [text = ''] = textIn(alone(event('jobs.update.8d1b1a0c', { Object: object }), true));
    assert.equal(
      text,
      `:x: *Job failed* <https://portal.rackn.io/#/e/10.0.0.1:8092/jobs/8d1b1a0c|os-install> on machine <${PAGE}|${UUID}> by user:rocketskates\nStage: install`,
    );
  });

  test('has the errors of a plugin that failed', () => {
    const object = { Name: 'p', PluginErrors: ['no licence', 'no luck'] };
    assert.match(
      textIn(alone(event('plugins.update.p', { Object: object }), true))[0] ?? '',
      /Plugin failed.*\nno licence\nno luck$/s,
    );
  });

  test('says what changed in fields named as what every object inherits', () => {
    const [before, after] = [{ Name: 'a' }, { Name: 'a', valueOf: 'x', constructor: 'y' }];
    const [item] = [entry(event('machines.update.1', { Object: after, Original: before }))];
    assert.match(item?.whole ?? '', /valueOf: none → x/);
    assert.match(item?.whole ?? '', /constructor: none → y/);
  });

  test('says what an update changed, of params only which, and nothing of secrets', () => {
    const Original = {
      Name: 'a',
      Stage: 'none',
      Secret: 's1',
      Params: { 'a/b': 1, 'site/hidden': 'x', same: 1 },
    };
    const object = {
      Name: 'a',
      Stage: 'discover',
      Secret: 's2',
      Params: { 'a/b': 2, 'site/hidden': 'y', same: 1, new: [] },
    };
    const [text = ''] = textIn(alone(event('machines.update.a', { Object: object, Original })));
    assert.ok(text.endsWith('\nStage: none → discover\nParams: a/b, new'), text);
  });

  test('tells of an action that was called, and not its params', () => {
    const object = {
      Command: 'poweron',
      CommandSet: 'machines',
      Model: { Name: 'ws1' },
      Params: { 'ipmi/password': 'x' },
    };
    const [text] = textIn(alone(event(`machines.poweron.${UUID}`, { Object: object })));
    assert.equal(
      text,
      `:small_blue_diamond: *Machine: poweron was called* <${PAGE}|ws1> by user:rocketskates`,
    );
  });

  test('has the message of a log line', () => {
    const object = { Message: 'went <wrong> & password=hunter2', Service: 'dhcp' };
    assert.equal(
      textIn(alone(event('log.error.dhcp', { Object: object, Principal: '' })))[0],
      ':x: *Log: error* dhcp\nwent &lt;wrong&gt; &amp; password=***',
    );
  });

  test('makes no mentions and no links of what is in it', () => {
    const Name = '<!channel> & <@U1>|x';
    const message = alone(event('machines.update.<!here>', { Object: { Name }, Principal: '<!everyone>' }));
    const all = JSON.stringify(message);
    for (const mention of ['<!channel', '<@', '<!here', '<!everyone'])
      assert.ok(!all.includes(mention), mention);
    assert.equal(message.text, 'Machine updated &lt;!channel&gt; &amp; &lt;@U1&gt;|x');
    assert.match(textIn(message)[0] ?? '', /\|&lt;!channel&gt; &amp; &lt;@U1&gt; x> by &lt;!everyone&gt;$/);
  });
});

describe('an event as text', () => {
  test('is the line of the reference and the object as JSON, escaped, without markup and secrets', () => {
    const object = { Name: 'a<b>', Secret: 's', Params: { 'site/hidden': 1 } };
    const { message } = compose([entry(event('machines.create.k', { Object: object }), 'text')]);
    assert.deepEqual(message, {
      text: '2026-11-21T11:05:00.421249076Z: machines create k user:rocketskates\n{"Name":"a&lt;b&gt;","Secret":"***","Params":{"site/hidden":"***"}}',
      mrkdwn: false,
    });
  });

  test('is cut where Slack would cut it', () => {
    const { message } = compose([entry(event('a.b.c', { Object: { text: '&'.repeat(30_000) } }), 'text')]);
    assert.ok(message.text.length <= 35_000);
    assert.match(message.text, /&amp;…$/);
  });
});

describe('events that share a message', () => {
  test('are counted, and told in their order, one line each', () => {
    const items = [1, 2, 3].map((second) =>
      entry(event(`machines.create.m${second}`, { Time: `2026-11-21T11:05:0${second}Z`, Principal: '' })),
    );
    const { message, taken } = compose(items);
    assert.equal(taken, 3);
    assert.equal(message.text, '3 events: Machine created m1; Machine created m2; Machine created m3');
    const [heading, lines] = textIn(message);
    assert.equal(
      heading,
      '*3 events* <!date^1795259101^{date_short_pretty} {time_secs}|2026-11-21T11:05:01.000Z> to <!date^1795259103^{time_secs}|2026-11-21T11:05:03.000Z>',
    );
    assert.deepEqual(
      lines?.split('\n').map((line) => /\|(m\d)>$/.exec(line)?.[1]),
      ['m1', 'm2', 'm3'],
    );
  });

  test('have those beside them that are not shown, counted', () => {
    const missed: Item = { missed: 12, why: 'more came than <Slack> takes' };
    const warning = ':warning: 12 events are not shown: more came than &lt;Slack&gt; takes';
    const { message, taken } = compose([entry(event('machines.create.m')), missed]);
    assert.equal(taken, 2);
    assert.match(textIn(message)[0] ?? '', /Machine created/);
    assert.ok(textIn(message)[0]?.endsWith(`\n${warning}`));
    assert.deepEqual(compose([missed]).message, {
      text: warning,
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text: warning, verbatim: true } }],
    });
    assert.equal(eventsIn([missed, entry(event('a.b.c'))]), 13);
  });

  test('are of one format: what was to be text is, though blocks follow', () => {
    const items = [entry(event('a.b.1'), 'text'), entry(event('a.b.2'), 'text'), entry(event('a.b.3'))];
    const { message, taken } = compose(items);
    assert.equal(taken, 2);
    assert.equal(message.blocks, undefined);
    assert.equal(compose(items.slice(2)).message.blocks?.length, 2);
  });

  test('of many quotes, which are two characters each in what Slack counts, are in more messages', () => {
    const Message = JSON.stringify(['a', 'b', 'c']).repeat(20);
    let items = Array.from({ length: 60 }, (_, at) =>
      entry(event(`log.error.${at}`, { Object: { Message } })),
    );
    while (items.length > 0) {
      const { message, taken } = compose(items);
      assert.ok(Array.isArray(blocksIn(JSON.stringify(message.blocks))));
      items = items.slice(taken);
    }
  });

  test('are in messages that Slack takes, and none is left out, whatever they are', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.constantFrom('&'.repeat(400), '😀'.repeat(300), '<!channel>|`*_~\n>', 'x'.repeat(9000)),
    );
    const json = fc.oneof(
      nasty,
      fc.array(nasty, { maxLength: 3 }),
      fc.dictionary(nasty, nasty, { maxKeys: 3 }),
    );
    const made = fc.record({
      Time: fc.oneof(nasty, fc.constant('2026-11-21T11:05:00Z')),
      Type: fc.oneof(fc.constantFrom('machines', 'jobs', 'plugins', 'log'), nasty),
      Action: fc.oneof(fc.constantFrom('create', 'update', 'delete', 'error'), nasty),
      Key: nasty,
      Principal: nasty,
      Object: fc.oneof(
        fc.record({
          Name: nasty,
          Message: nasty,
          Task: nasty,
          Machine: nasty,
          PluginErrors: fc.array(nasty),
        }),
        json,
      ),
      Original: fc.oneof(fc.record({ Name: nasty, Stage: json }), fc.constant(null)),
    });
    const item = fc.oneof(
      { arbitrary: fc.tuple(made, fc.constantFrom<Format>('text', 'blocks'), fc.boolean()), weight: 9 },
      { arbitrary: fc.record({ missed: fc.integer({ min: 1 }), why: nasty }), weight: 1 },
    );
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 120 }), (made) => {
        let items: Item[] = made.map((one) =>
          Array.isArray(one) ? entryOf({ event: one[0], failed: one[2] }, one[1], mask, links) : one,
        );
        while (items.length > 0) {
          const { message, taken } = compose(items);
          assert.ok(taken > 0);
          assert.ok(message.text.length > 0 && message.text.length <= 40_000);
          if (message.blocks) assert.ok(Array.isArray(blocksIn(JSON.stringify(message.blocks))));
          assert.ok(!JSON.stringify(message).includes('<!channel'));
          items = items.slice(taken);
        }
      }),
      { numRuns: 300 },
    );
  });
});
