import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { binary } from '../support/binary.ts';
import { bmcParams, type SimulatedBmc, startBmc } from '../support/ipmi-simulator.ts';
import { ProviderProcess } from '../support/provider-process.ts';

describe('the executable ipmi and a simulated BMC', () => {
  let bmc: SimulatedBmc;
  let provider: ProviderProcess;
  before(async () => {
    bmc = await startBmc();
    provider = await ProviderProcess.start([binary('ipmi')]);
  });
  after(async () => {
    await provider[Symbol.asyncDispose]();
    await bmc.close();
  });

  const act = (command: string, params: Record<string, unknown> = {}) =>
    provider.action(command, {
      CommandSet: 'machines',
      Model: { Uuid: '3e7031fc-3062-45f1-835c-92541bc9cbd3' },
      Params: { ...bmcParams(bmc), 'detected-bios-mode': 'uefi', ...params },
    });
  const failure = async (command: string, params: Record<string, unknown>) => {
    const { status, json } = await act(command, params);
    return { status, message: (json as { Messages: string[] }).Messages[0] };
  };

  test('power goes on and off, as the BMC itself says', async () => {
    assert.equal((await act('powerstatus')).json, 'Chassis Power is off\n');
    assert.equal((await act('poweron')).json, 'Chassis Power Control: Up/On\n');
    assert.equal(await bmc.power(), 'on');
    assert.equal((await act('poweroff')).json, 'Chassis Power Control: Down/Off\n');
    assert.equal(await bmc.power(), 'off');
  });

  test('the next boot is from the network', async () => {
    assert.equal((await act('nextbootpxe')).json, 'Set Boot Device to pxe\n');
    assert.equal(await bmc.bootDevice(), 'pxe');
  });

  test('what cannot be done is refused with the code and the words of the reference', async () => {
    assert.deepEqual(await failure('poweron', { 'ipmi/mode': 'ilo' }), {
      status: 404,
      message: 'Invalid mode: ilo',
    });
    assert.deepEqual(await failure('getBios', {}), {
      status: 404,
      message: 'Action getBios not supported on ipmi driver: ipmi',
    });
  });

  test('a param of another type than its schema says is a 400 that names it', async () => {
    assert.deepEqual(await failure('poweron', { 'ipmi/port-ipmitool': 'x' }), {
      status: 400,
      message: 'Params.ipmi/port-ipmitool: must be integer, found "x"',
    });
    assert.deepEqual(await failure('poweron', { 'ipmi/password': 7 }), {
      status: 400,
      message: 'Params.ipmi/password: must be string',
    });
  });

  test('a wrong password is said to be one, is nowhere to be read, and changes nothing', async () => {
    const { status, message = '' } = await failure('poweron', { 'ipmi/password': 'Wr0ngPassw0rd' });
    assert.equal(status, 403);
    assert.match(message, /refuses the user name or password/);
    assert.equal(await bmc.power(), 'off');
    const written = JSON.stringify(provider.endpoint.posts) + provider.stdout + provider.stderr + message;
    assert.ok(!written.includes('Wr0ngPassw0rd') && !written.includes(bmc.password));
  });

  test('a config without an endpoint to ask is refused, and the plugin lives on', async () => {
    const { status } = await provider.post('config', { Name: 'ipmi' });
    assert.equal(status, 503);
    assert.equal((await act('powerstatus')).status, 200);
  });
});
