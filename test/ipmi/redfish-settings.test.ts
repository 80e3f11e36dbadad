import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withRedfish } from './redfish-actor.ts';

const OFF = { 'ipmi/secure-boot': false };

describe('secure boot', { concurrency: 4 }, () => {
  test('is switched in the resource or in its settings, and looked at', async () => {
    for (const secureBoot of ['resource', 'settings'] as const) {
      await withRedfish({ secureBoot, strict: true }, async (act, service) => {
        assert.equal(await act('setSecureBoot', OFF), 'Success');
        assert.match(act.lines.join(), /in force from the next start of the machine on/);
        assert.match(
          service.changes.at(-1) ?? '',
          secureBoot === 'settings' ? /SecureBoot\/Settings$/ : /SecureBoot$/,
        );
      });
    }
  });

  test('that is so already is not sent; a job at the next start will do', async () => {
    await withRedfish({ secureBoot: 'resource' }, async (act, service) => {
      assert.equal(await act('setSecureBoot', { 'ipmi/secure-boot': true }), 'Success');
      assert.deepEqual(service.changes, []);
    });
    await withRedfish({ secureBoot: 'resource', traits: { secureBootJob: true } }, async (act) => {
      assert.equal(await act('setSecureBoot', OFF), 'Success');
      assert.match(act.lines.join(), /set at the next start of the machine: JID_1 is Scheduled/);
    });
  });

  test('that is forgotten, cannot be set, or is not there is an error', async () => {
    await withRedfish({ secureBoot: 'forgotten' }, async (act) => {
      await assert.rejects(act('setSecureBoot', OFF), {
        code: 502,
        message: /SecureBootEnable is true, not false/,
      });
      await assert.rejects(act('setSecureBoot', { 'ipmi/secure-boot': 'no' }), { code: 400 });
    });
    await withRedfish({}, async (act) => {
      await assert.rejects(act('setSecureBoot', OFF), { code: 501 });
    });
    await withRedfish({ systems: [{ without: ['SecureBoot'] }] }, async (act) => {
      await assert.rejects(act('setSecureBoot', OFF), { code: 501, message: /has no Secure Boot/ });
    });
  });
});

describe('licenses and certificates', { concurrency: 4 }, () => {
  const LICENSE = {
    Id: 'a',
    Name: 'Enterprise',
    LicenseString: 'AAAA-BBBB',
    ExpirationDate: '2027-01-01T00:00:00Z',
  };

  test('licenses come from the standard place, without their keys', async () => {
    const more = { LicenseService: {}, 'LicenseService/Licenses': [LICENSE] };
    await withRedfish({ more }, async (act) => {
      const [license] = (await act('getLicense')) as Record<string, unknown>[];
      assert.partialDeepStrictEqual(license, { Name: 'Enterprise', ExpirationDate: '2027-01-01T00:00:00Z' });
      assert.ok(!JSON.stringify(license).includes('AAAA'));
    });
  });

  test("or from the maker's, be it one resource or a list", async () => {
    const link = { '@odata.id': '/redfish/v1/Own' };
    for (const [managerTells, more] of [
      [
        { Oem: { Hpe: { Links: { LicenseService: link } } } },
        { Own: [{ Id: '1', LicenseKey: 'K-1', License: 'iLO Advanced' }] },
      ],
      [
        { Oem: { Hpe: { Links: { LicenseService: link } } } },
        { Own: { License: 'iLO', Confirmation: [{ EON: { LicenseKey: 'K-1' } }] } },
      ],
      [
        { Oem: { Supermicro: { LicenseManager: link } } },
        {
          Own: { QueryLicense: { '@odata.id': '/redfish/v1/Query' } },
          Query: { License: 'OOB', Licenses: ['{"ProductKey":{"Node":{},"Signature":"K-1"}}', '{no JSON'] },
        },
      ],
    ] as const) {
      await withRedfish({ managerTells, more }, async (act) => {
        const [license] = (await act('getLicense')) as Record<string, unknown>[];
        assert.ok(String(license?.License).length > 0);
        assert.ok(!JSON.stringify(license).includes('K-1'));
      });
    }
  });

  test('certificates come from the service of certificates, and from what the manager presents', async () => {
    const uri = '/redfish/v1/CertificateService/Own/1';
    const more = {
      CertificateService: {},
      'CertificateService/CertificateLocations': { Links: { Certificates: [{ '@odata.id': uri }] } },
      'CertificateService/Own/1': { Subject: { CommonName: 'bmc.example' } },
    };
    await withRedfish({ more }, async (act) => {
      assert.partialDeepStrictEqual(await act('getCertificates'), [
        { Subject: { CommonName: 'bmc.example' } },
      ]);
    });
    const network = '/redfish/v1/Network';
    const managerTells = { NetworkProtocol: { '@odata.id': network } };
    const ofManager = {
      Network: { HTTPS: { Certificates: { '@odata.id': `${network}/Certificates` } } },
      'Network/Certificates': [{ Id: '1', ValidNotAfter: '2027-01-01T00:00:00Z' }],
    };
    await withRedfish({ managerTells, more: ofManager }, async (act) => {
      assert.partialDeepStrictEqual(await act('getCertificates'), [
        { ValidNotAfter: '2027-01-01T00:00:00Z' },
      ]);
    });
  });

  test('what the root shows after the login only is found', async () => {
    const options = {
      traits: { rootAfterLogin: true },
      accounts: [{ name: 'admin' }],
      update: { versions: { BMC: '1' } },
      more: { LicenseService: {}, 'LicenseService/Licenses': [LICENSE] },
    };
    await withRedfish(options, async (act) => {
      for (const command of ['getUsers', 'getFirmware', 'getLicense']) {
        assert.equal(((await act(command)) as unknown[]).length, 1, command);
      }
      assert.deepEqual(
        await act('updateFirmware', { 'ipmi/firmware-url': 'http://a/b', 'ipmi/firmware-time': 0 }),
        {},
      );
    });
  });

  test('a BMC that tells of none is an error with words', async () => {
    await withRedfish({}, async (act) => {
      await assert.rejects(act('getLicense'), {
        code: 501,
        message: /has no licenses that Redfish tells of/,
      });
      await assert.rejects(act('getCertificates'), { code: 501, message: /has no certificates/ });
      await assert.rejects(act('getFirmware'), { code: 501, message: /has no update service/ });
    });
  });

  test('firmware is listed, with a gap for what cannot be read', async () => {
    const inventory = [
      { Id: 'BIOS', Name: 'BIOS', Version: '2.1' },
      { Id: 'BMC', Name: 'BMC', Version: '7.00' },
    ];
    const more = { UpdateService: {}, 'UpdateService/FirmwareInventory': inventory };
    await withRedfish({ more, traits: { broken: { 'FirmwareInventory/BMC': 500 } } }, async (act) => {
      const [bios, bmc] = (await act('getFirmware')) as Record<string, unknown>[];
      assert.partialDeepStrictEqual(bios, { Id: 'BIOS', Version: '2.1' });
      assert.match(String(bmc?.Warnings), /500/);
    });
  });
});

test('resetBios has the BIOS go back to its defaults at the next start', async () => {
  await withRedfish({ systems: [{ bios: { attributes: { BootMode: 'Uefi' } } }] }, async (act, service) => {
    assert.equal(await act('resetBios'), 'Success');
    assert.equal(service.system.bios?.resetIsPending, true);
  });
  await withRedfish({}, async (act) => {
    await assert.rejects(act('resetBios'), { code: 501, message: /has no action ResetBios/ });
  });
});
