import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { readXml } from '../../cmd/ipmi/lpar/xml.ts';
import ipmi from '../../cmd/ipmi/plugin.ts';
import { Cloud } from '../../cmd/packet-ipmi/metal/cloud.ts';
import { CloudError } from '../../cmd/packet-ipmi/metal/cloud-error.ts';
import packet from '../../cmd/packet-ipmi/plugin.ts';
import { Mask } from '../../cmd/slack/mask.ts';
import slack from '../../cmd/slack/plugin.ts';
import { SlackApi } from '../../cmd/slack/slack-api.ts';
import { parseMachineReadable } from '../../cmd/virtualbox-ipmi/machine-readable.ts';
import virtualbox from '../../cmd/virtualbox-ipmi/plugin.ts';
import { decodeYaml } from '../../lib/api/format.ts';
import { parseBundle } from '../../lib/content/index.ts';
import { ModelError, parseJson } from '../../lib/models/index.ts';
import { decodeAction, decodeEvent, decodeParams } from '../../lib/plugin/body.ts';
import { ParamRules } from '../../lib/plugin/param-rules.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { Stranger } from './stranger.ts';

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

/** JSON in which each name that means something to JavaScript has an object, some in some. */
const EVIL = `{${NAMES.map((name) => `"${name}":{"polluted":"yes","prototype":{"polluted":"yes"},"__proto__":{"polluted":"yes"}}`).join(',')}}`;
const ESCAPED = '{"\\u005f_proto__":{"polluted":"yes"},"a":[{"__\\u0070roto__":{"polluted":"yes"}}]}';

function polluted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const own = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
  return !own || Object.values(value).some(polluted);
}

const untouched = () => [
  Object.getOwnPropertyNames(Object.prototype).sort(),
  Object.getOwnPropertyNames(Array.prototype).sort(),
  Object.getOwnPropertyNames(Function.prototype).sort(),
  Object.getOwnPropertyNames(Object).sort(),
];
const before = untouched();

describe('nothing that is read from elsewhere changes a prototype', () => {
  afterEach(() => assert.deepEqual(untouched(), before));

  test('JSON loses the keys that would, however they are written', () => {
    for (const text of [EVIL, ESCAPED, `[${EVIL}]`]) {
      const value = parseJson(text);
      assert.ok(!polluted({ ...(value as object) }), text);
      assert.ok(!polluted(Object.assign({}, structuredClone(value))), text);
      assert.ok(!JSON.stringify(value).includes('__proto__'));
    }
  });

  test('bodies of the inbound socket: config, actions, events', () => {
    const params = decodeParams('POST', Buffer.from(EVIL));
    const action = decodeAction(
      'POST',
      Buffer.from(`{"__proto__":{"Command":"x"},"Model":${EVIL},"Params":${EVIL}}`),
    );
    const event = decodeEvent(
      'POST',
      Buffer.from(`{"__proto__":{"Type":"x"},"Object":${EVIL},"Original":${ESCAPED}}`),
    );
    for (const value of [params, action, event]) {
      assert.ok(!polluted({ ...value }));
      assert.ok(!JSON.stringify(value).includes('__proto__'));
    }
    assert.deepEqual([action.Command, event.Type], ['', '']);
  });

  test('params of all providers are checked by their own names', async () => {
    for (const { definition } of [ipmi, packet, slack, virtualbox]) {
      const rules = await ParamRules.of(definition.Content);
      rules.check(JSON.parse(EVIL) as Record<string, unknown>);
      for (const name of NAMES) assert.equal(rules.fallback(name), undefined, name);
    }
  });

  test('content packs and other YAML', async () => {
    const sections = `{params: {__proto__: {Name: __proto__, Schema: {__proto__: {polluted: yes}}}, constructor: {Name: constructor, Meta: {__proto__: x}}}}`;
    const bundle = parseBundle(
      `{meta: {Name: evil, __proto__: {polluted: yes}}, sections: ${sections}}`,
      'evil.yaml',
    );
    assert.deepEqual(Object.keys(bundle.sections.params ?? {}).sort(), ['__proto__', 'constructor']);
    assert.equal('polluted' in bundle.meta, false);
    assert.ok(
      !polluted(await decodeYaml('{a: {__proto__: {polluted: yes}}, <<: {__proto__: {polluted: yes}}}')),
    );
    assert.ok(!polluted(await decodeYaml(EVIL)));
  });

  test('answers of BMCs, clouds, Slack and VirtualBox', async () => {
    await assert.rejects(readXml('<a><__proto__><polluted>yes</polluted></__proto__></a>'));
    const xml = await readXml(
      '<a><b:constructor><prototype><polluted>yes</polluted></prototype></b:constructor></a>',
    ).catch(() => undefined);
    assert.ok(!polluted(xml));
    assert.equal(parseMachineReadable('__proto__="x"\nconstructor="y"').get('__proto__'), 'x');
    const answers = [
      EVIL,
      `{"ok":true,"channels":[${EVIL}],"projects":[${EVIL}],"devices":[${EVIL}],"meta":${EVIL}}`,
    ];
    for (const answer of answers) {
      await using stranger = await Stranger.start((_request, response) => void response.end(answer));
      const signal = AbortSignal.timeout(30_000);
      const expected = (error: unknown) => {
        assert.ok(error instanceof ModelError || error instanceof CloudError, String(error));
      };
      const api = new SlackApi('xoxb-x', `${stranger.url}/api/`);
      const cloud = new Cloud({ url: stranger.url, key: 'k', longestPauseMs: 1, orderMs: 1000 });
      await api.identify(signal).catch(expected);
      await api.joined(signal).catch(expected);
      await cloud.projects(signal).catch(expected);
      await cloud.device('x', signal).catch(expected);
    }
    const masked = new Mask(() => false, []).value(JSON.parse(EVIL));
    assert.ok(!polluted(masked));
  });

  test('a plugin that spreads, assigns and merges what it was sent', async () => {
    const probe = [process.execPath, join(import.meta.dirname, 'spreading-plugin.ts')];
    await using provider = await ProviderProcess.start(probe);
    assert.equal((await provider.post('config', EVIL)).status, 200);
    const body = `{"Command":"spread","CommandSet":"system","Params":${EVIL},"__proto__":{"polluted":"yes"}}`;
    assert.deepEqual((await provider.post('action', body)).json, { polluted: [], before: true });
    assert.equal(
      (await provider.post('publish', `{"Type":"a","Action":"b","Key":"c","Object":${EVIL}}`)).status,
      200,
    );
    const after = await provider.action('spread', { CommandSet: 'system' });
    assert.deepEqual(after.json, { polluted: [], before: true });
  });
});
