import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, identityOf, vendorName } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';

function answering(answers: Record<string, string | ModelError>): Call {
  return async (command) => {
    const answer = answers[command.join(' ')] ?? '';
    if (answer instanceof ModelError) throw answer;
    return { stdout: answer, stderr: '' };
  };
}

const INFO = `Device ID                 : 32
Firmware Revision         : 3.10
Manufacturer ID           : 10876
Manufacturer Name         : Super Micro Computer Inc.
Product ID                : 6996 (0x1b54)
Product Name              : Unknown (0x1B54)
`;

test('a BMC is known by its maker, product, firmware and GUID', async () => {
  const guid = ' 44 45 4c 4c 51 00 10 35 80 52 b4 c0 4f 32 31\n 33\n';
  assert.deepEqual(await identityOf(answering({ 'mc info': INFO, 'raw 0x06 0x37': guid })), {
    vendor: 'Supermicro',
    product: '6996 (0x1b54)',
    firmware: '3.10',
    uuid: '4c4c4544-0051-3510-8052-b4c04f323133',
  });
});

test('a maker that is not among the common ones is called as ipmitool calls it, if it does', async () => {
  const other = INFO.replace('10876', '31415');
  assert.equal((await identityOf(answering({ 'mc info': other }))).vendor, 'Super Micro Computer Inc.');
  const unknown = other.replace('Super Micro Computer Inc.', 'Unknown (0x7AB7)');
  assert.equal('vendor' in (await identityOf(answering({ 'mc info': unknown }))), false);
});

test('a BMC without a GUID is known all the same, and one that refuses the login is not', async () => {
  const none = answering({ 'mc info': INFO, 'raw 0x06 0x37': new ModelError(501, 'Invalid command') });
  assert.equal('uuid' in (await identityOf(none)), false);
  const refused = answering({ 'mc info': new ModelError(403, 'no') });
  await assert.rejects(identityOf(refused), { code: 403 });
});

test('makers are known by their IANA numbers', () => {
  const known = [674, 11, 47196, 10876, 19046, 343, 20301].map(vendorName);
  assert.deepEqual(known, [
    'Dell',
    'Hewlett-Packard',
    'Hewlett Packard Enterprise',
    'Supermicro',
    'Lenovo',
    'Intel',
    'IBM',
  ]);
  assert.equal(vendorName(4542), undefined);
});
