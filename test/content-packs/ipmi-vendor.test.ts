import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connectBmc, startMachine } from './machine.ts';
import { startMachineBmc } from './machine-bmc.ts';
import { missing, openRenderer, type TaskRenderer } from './renderer.ts';

const skip = await missing('ipmi_sim', 'ipmitool', 'jq', 'bash', 'setsid');

const IDENTITY = {
  'ipmi/configure/hostname': 'bmc-1',
  'ipmi/configure/domain': 'example.com',
  'ipmi/configure/dns-servers': ['10.0.0.53', '10.0.1.53'],
  'ipmi/configure/ntp-servers': ['ntp-1.example.com'],
  'ipmi/configure/timezone': 'Europe/Berlin',
};
const SUBJECT = {
  'ipmi/configure/generate-csr': true,
  'ipmi/configure/post-csr-task': 'sign-csr',
  'ipmi/configure/cert-org': 'Ropes & "Knots"',
};
const REQUEST = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n';
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nMIID-very-secret\n-----END PRIVATE KEY-----\n';

/** Prints the request into the file that the last argument names. */
const WRITE_REQUEST = `for file; do :; done; printf -- '${REQUEST.replaceAll('\n', '\\n')}' > "$file"`;
/** Keeps the file that the last argument names under the name of the command. */
const KEEP_FILE = `for file; do :; done; cp "$file" "$MACHINE/kept-$1"`;

describe("vendors' tools", { skip, concurrency: 4 }, () => {
  let tasks: TaskRenderer;
  before(async () => {
    tasks = await openRenderer('ipmi');
  });

  const opened: { close(): Promise<void> }[] = [];
  after(() => Promise.all(opened.map((each) => each.close())));
  const open = async (maker: string, params: Record<string, unknown>) => {
    const machine = await startMachine(tasks, params);
    opened.push(machine);
    await machine.install('dmidecode', `echo "# a remark"; echo "${maker}"`);
    return machine;
  };
  const openWithBmc = async (maker: string, params: Record<string, unknown>) => {
    const machine = await open(maker, params);
    const bmc = await startMachineBmc();
    opened.push(bmc);
    await connectBmc(machine, bmc);
    return machine;
  };

  test('racadm sets the identity of a Dell BMC, gives the user its privileges and makes a request', async () => {
    const machine = await openWithBmc('Dell Inc.', { ...IDENTITY, ...SUBJECT, 'ipmi/configure/user': true });
    await machine.install('racadm', `[ "$1" != sslcsrgen ] || { ${WRITE_REQUEST}; }`);
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    const calls = await machine.calls();
    for (const call of [
      'racadm set iDRAC.Users.3.Privilege 0x1ff',
      'racadm set iDRAC.NIC.DNSRacName bmc-1',
      'racadm set iDRAC.NIC.DNSDomainName example.com',
      'racadm set iDRAC.IPv4.DNS1 10.0.0.53',
      'racadm set iDRAC.IPv4.DNS2 10.0.1.53',
      'racadm set iDRAC.NTPConfigGroup.NTP1 ntp-1.example.com',
      'racadm set iDRAC.NTPConfigGroup.NTPEnable Enabled',
      'racadm set iDRAC.Time.Timezone Europe/Berlin',
      'racadm set iDRAC.Security.CsrOrganizationName Ropes & "Knots"',
      'racadm set iDRAC.Security.CsrCountryCode US',
    ]) {
      assert.ok(calls.includes(call), call);
    }
    assert.equal((await machine.params())['ipmi/csr'], REQUEST);
    assert.ok(calls.some((call) => /^drpcli machines inserttask \S+ sign-csr 0$/.test(call)));
  });

  test('racadm installs key and certificate, and neither is in an argument or the log', async () => {
    const machine = await open('Dell Inc.', {
      'ipmi/configure/certificate': CERTIFICATE,
      'ipmi/configure/key': KEY,
    });
    await machine.install('racadm', KEEP_FILE);
    const { code, log } = await machine.run('ipmi-install-cert-or-key');
    assert.equal(code, 0, log);
    assert.equal(await machine.file('kept-sslkeyupload'), KEY);
    assert.equal(await machine.file('kept-sslcertupload'), CERTIFICATE);
    const calls = (await machine.calls()).filter((call) => call.startsWith('racadm'));
    assert.deepEqual(calls, [
      'racadm sslkeyupload -t 1 -f key.secret',
      'racadm sslcertupload -t 1 -f certificate.secret',
    ]);
    assert.doesNotMatch(log + calls.join('\n'), /MII/);
  });

  test('hponcfg is told the identity of an HPE BMC in RIBCL', async () => {
    const machine = await openWithBmc('HPE', { ...IDENTITY, 'ipmi/configure/domain': 'a<b&c.example.com' });
    await machine.install('hponcfg', 'cat >> "$MACHINE/ribcl"');
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    const ribcl = await machine.file('ribcl');
    for (const element of [
      '<MOD_NETWORK_SETTINGS>',
      '<DNS_NAME VALUE="bmc-1"/>',
      '<DOMAIN_NAME VALUE="a&lt;b&amp;c.example.com"/>',
      '<PRIM_DNS_SERVER VALUE="10.0.0.53"/>',
      '<SEC_DNS_SERVER VALUE="10.0.1.53"/>',
      '<SNTP_SERVER1 VALUE="ntp-1.example.com"/>',
      '<TIMEZONE VALUE="Europe/Berlin"/>',
    ]) {
      assert.ok(ribcl.includes(element), element);
    }
    assert.doesNotMatch(ribcl, /TER_DNS_SERVER|SNTP_SERVER2/);
  });

  test('an HPE BMC is asked for its request until the key is made', async () => {
    const machine = await openWithBmc('HPE', SUBJECT);
    const answer = `printf '<MESSAGE/>\\n${REQUEST.replaceAll('\n', '\\n')}</CERTIFICATE_SIGNING_REQUEST>\\n'`;
    const busy = `echo "The iLO is currently generating a certificate" >&2; echo > "$MACHINE/asked"; exit 1`;
    await machine.install(
      'hponcfg',
      `cat > "$MACHINE/ribcl"; [ -e "$MACHINE/asked" ] || { ${busy}; }; ${answer}`,
    );
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    assert.equal((await machine.params())['ipmi/csr'], REQUEST);
    assert.match(await machine.file('ribcl'), /<CSR_ORGANIZATION VALUE="Ropes &amp; &quot;Knots&quot;"\/>/);
    assert.equal((await machine.calls()).filter((call) => call === 'sleep 15').length, 1);
  });

  test('hponcfg installs a certificate, and the key is said to be of no use', async () => {
    const machine = await open('HP', {
      'ipmi/configure/certificate': CERTIFICATE,
      'ipmi/configure/key': KEY,
    });
    await machine.install('hponcfg', 'cat >> "$MACHINE/ribcl"');
    const { code, log } = await machine.run('ipmi-install-cert-or-key');
    assert.equal(code, 0, log);
    const ribcl = await machine.file('ribcl');
    assert.ok(ribcl.includes(`<IMPORT_CERTIFICATE>\n${CERTIFICATE}</IMPORT_CERTIFICATE>`));
    assert.match(ribcl, /<RESET_RIB>/);
    assert.match(log, /ipmi\/configure\/key was not used/);
  });

  test('OneCLI gets the identity of a Lenovo BMC as one batch, and makes a request', async () => {
    const machine = await openWithBmc('Lenovo', { ...IDENTITY, ...SUBJECT });
    await machine.install(
      'OneCli',
      `[ "$2" != batch ] || cp "$4" "$MACHINE/batch"; [ "$2" != generate ] || cp "$5" "$MACHINE/request.xml"
       [ "$2" != export ] || { ${WRITE_REQUEST}; }`,
    );
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    assert.equal(
      await machine.file('batch'),
      [
        'set IMM.IMMInfo_Name "bmc-1"',
        'set IMM.HostName1 "bmc-1"',
        'set IMM.Custom_Domain "example.com"',
        'set IMM.DNS_Enable "Enabled"',
        'set IMM.DNSPreference "IPv4"',
        'set IMM.DNS_IP_Address1 "10.0.0.53"',
        'set IMM.DNS_IP_Address2 "10.0.1.53"',
        'set IMM.TimeZone "Europe/Berlin"',
        'set IMM.NTPHost1 "ntp-1.example.com"',
        'set IMM.NTPAutoSynchronization "Enabled"',
        '',
      ].join('\n'),
    );
    assert.match(
      await machine.file('request.xml'),
      /<name>organizationName<\/name>\s*<value [^>]*>Ropes &amp; &quot;Knots&quot;</,
    );
    assert.equal((await machine.params())['ipmi/csr'], REQUEST);
  });

  test('OneCLI sets the password that a Lenovo BMC did not take over IPMI', async () => {
    const machine = await openWithBmc('Lenovo', { 'ipmi/configure/user': true });
    await machine.failIpmitool('user set password');
    await machine.install(
      'OneCli',
      `[ "$2" != show ] || printf 'IMM.LoginId.1=USERID\\nIMM.LoginId.2=root\\n'; [ "$2" != batch ] || cp "$4" "$MACHINE/batch"`,
    );
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    assert.equal(await machine.file('batch'), 'set IMM.Password.2 "cr0wBar!"\n');
    assert.doesNotMatch((await machine.calls()).join('\n') + log, /cr0wBar/);
  });

  test('elsewhere a password that the BMC does not take is a failure', async () => {
    const machine = await openWithBmc('Example Corp', { 'ipmi/configure/user': true });
    await machine.failIpmitool('user set password');
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 1);
    assert.match(log, /ERROR: the password of user root could not be set/);
    assert.equal((await machine.params())['ipmi/password'], undefined);
  });

  for (const [maker, why] of [
    ['Dell Inc.', "Dell's racadm is not installed"],
    ['HPE', "HPE's hponcfg is not installed"],
    ['Lenovo', "Lenovo's OneCLI is not installed"],
    ['Example Corp', 'there is no tool for it on this hardware'],
  ] as const) {
    test(`what IPMI cannot do is named and left undone on ${maker} without its tool`, async () => {
      const machine = await openWithBmc(maker, {
        ...IDENTITY,
        ...SUBJECT,
        'ipmi/configure/certificate': CERTIFICATE,
      });
      const { code, log } = await machine.run('ipmi-configure');
      assert.equal(code, 0, log);
      for (const what of ['host name, domain', 'certificate signing request', 'installing the certificate']) {
        assert.match(log, new RegExp(`Not done, since ${why}: ${what}`));
      }
      assert.equal((await machine.params())['ipmi/csr'], undefined);
      assert.ok(!(await machine.calls()).some((call) => call.includes('inserttask')));
    });
  }
});
