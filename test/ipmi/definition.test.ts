import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modes } from '../../cmd/ipmi/modes.ts';
import plugin from '../../cmd/ipmi/plugin.ts';
import { actor, ipmitoolMode } from './request.ts';

const bmc = { address: '127.0.0.1', username: 'admin', password: 's3cr3t' };

/** The actions of the reference, in its order. */
const COMMANDS =
  `poweron poweroff powercycle nextbootcd nextbootpxe nextbootdisk forcebootpxe forcebootdisk identify
  powerstatus status getInfo getBios getMemory getStorage getSimpleStorage getProcessor getNetworkInterfaces
  getEthernetInterfaces getSecureBoot getBoot mountVirtualMedia unmountVirtualMedia statusVirtualMedia`.split(
    /\s+/,
  );
const REQUIRED = ['ipmi/username', 'ipmi/password', 'ipmi/address', 'ipmi/mode'];
/** Params that some actions need besides. */
const AFTER: Readonly<Record<string, readonly string[]>> = {
  mountVirtualMedia: ['ipmi/virtual-media-url', 'ipmi/virtual-media-boot'],
  setUserPassword: ['ipmi/user', 'ipmi/user-password'],
  setSecureBoot: ['ipmi/secure-boot'],
};
const OPTIONAL = [
  'ipmi/port-ipmitool',
  'ipmi/port-racadm',
  'ipmi/port-redfish',
  'ipmi/port-lpar',
  'ipmi/lpar-id',
];

test('the definition has all actions and params of the reference, in its order, and adds only behind', () => {
  const { Name, AutoStart, HasPublish, RequiredParams, AvailableActions } = plugin.definition;
  assert.deepEqual([Name, AutoStart, HasPublish, RequiredParams], ['ipmi', true, false, null]);
  const actions = AvailableActions ?? [];
  assert.deepEqual(
    actions.slice(0, COMMANDS.length).map(({ Command }) => Command),
    COMMANDS,
  );
  for (const { Command, Model, RequiredParams: required, OptionalParams: optional } of actions) {
    if (Model === 'plugins') continue;
    const before = /boot(cd|pxe|disk|bios)$/.test(Command) ? ['detected-bios-mode'] : [];
    const after = AFTER[Command] ?? [];
    assert.equal(Model, 'machines');
    assert.deepEqual(required, [...before, ...REQUIRED, ...after], Command);
    const own = Command === 'identify' ? ['ipmi/identify-duration'] : [];
    assert.deepEqual(optional?.slice(0, OPTIONAL.length + own.length), [...OPTIONAL, ...own], Command);
  }
});

test('range-scan is an action of the plugin, and needs but a range', () => {
  const ofPlugin = (plugin.definition.AvailableActions ?? []).filter(({ Model }) => Model === 'plugins');
  assert.deepEqual(
    ofPlugin.map(({ Command, RequiredParams }) => [Command, RequiredParams]),
    [['range-scan', ['ipmi/discover/scan-start-address', 'ipmi/discover/scan-end-address']]],
  );
});

test('the plugin is configured only by an endpoint that can keep secrets', async () => {
  const config = plugin.declaration.config;
  assert.ok(config !== undefined);
  const configure = async (features: string[]) =>
    config({ api: { info: async () => ({ features }) } } as unknown as Parameters<typeof config>[0]);
  await configure(['api-v3', 'secure-param-upgrade']);
  await assert.rejects(configure(['api-v3']), {
    code: 500,
    model: 'plugin',
    key: 'ipmi',
    messages: ['dr-provision missing secure-param-upgrade'],
  });
});

test('modes that are unknown or not available are errors, and so are actions that a mode lacks', async () => {
  const act = actor(modes, bmc);
  for (const [mode, name] of [
    ['redfish', 'redfish'],
    ['racadm', 'racadm'],
    ['racadmn', 'racadm'],
    ['lpar', 'lpar'],
  ]) {
    await assert.rejects(act('powerstatus', { 'ipmi/mode': mode }), {
      code: 404,
      type: 'rpc',
      message: new RegExp(`Unavailable ipmi driver: ${name}\\n +\\S`),
    });
  }
  await assert.rejects(act('powerstatus', { 'ipmi/mode': 'ilo' }), {
    code: 404,
    messages: ['Invalid mode: ilo'],
  });
  await assert.rejects(act('getBios'), {
    code: 404,
    messages: ['Action getBios not supported on ipmi driver: ipmi'],
  });
});

test('without ipmitool, its mode is not available', async () => {
  await assert.rejects(actor(ipmitoolMode({ path: '' }), bmc)('powerstatus'), {
    code: 404,
    messages: [
      'Unavailable ipmi driver: ipmi',
      "ipmitool is not installed on the endpoint's machine, or not on the PATH of the endpoint",
    ],
  });
});
