import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { answerFailure } from '../../cmd/ipmi/lpar/failure.ts';
import { readXml } from '../../cmd/ipmi/lpar/xml.ts';
import { answerIn, failureIn } from '../../cmd/ipmi/racadm/text.ts';
import { failureOf as vboxFailureOf } from '../../cmd/virtualbox-ipmi/failure.ts';
import { parseMachineReadable } from '../../cmd/virtualbox-ipmi/machine-readable.ts';
import { parseVmInfo, parseVmList } from '../../cmd/virtualbox-ipmi/vm-info.ts';
import {
  identityOf,
  ipmiVersions,
  parseBootFlags,
  parseFields,
  parseFru,
  parseSel,
  parseSensors,
  presencePing,
} from '../../lib/ipmi/index.ts';
import { failureOf } from '../../lib/ipmi/tool/failure.ts';
import { ModelError, Secrets } from '../../lib/models/index.ts';
import { messagesIn } from '../../lib/redfish/messages.ts';
import { redfishActor, redfishMode } from '../ipmi/redfish-actor.ts';
import { bounded, fc, parameters } from '../support/properties.ts';
import { RedfishService } from '../support/redfish-service/index.ts';
import { assertModelError, assertUnpolluted, cleanly, cleanlyLater } from './expectations.ts';
import { anyText, json, jsonText, mutated, objectWith } from './texts.ts';

/** What ipmitool, racadm and vboxmanage print, a piece of each kind. */
const OUTPUTS = [
  'System Power         : on\nPower Overload       : false\nLast Power Event     : \nAdditional Device Support :\n    Sensor Device\n    SEL Device\n',
  'Device ID                 : 32\nManufacturer ID           : 674\nManufacturer Name         : DELL Inc\nProduct ID                : 256 (0x0100)\nFirmware Revision         : 6.10\n',
  'System GUID  : 44454c4c-3600-1034-8052-c4c04f503732\nTimestamp    : 04/20/2006 05:02:46\n',
  'Set in Progress         : Set Complete\nAuth Type Support       : MD5 PASSWORD\nAuth Type Enable        : Callback : \n                        : User     : MD5\nIP Address              : 10.0.0.7\n',
  'FRU Device Description : Builtin FRU Device (ID 0)\n Board Mfg             : Example Corp\n Board Extra : a\n Board Extra : b\n\nFRU Device Description : PSU 1 (ID 3)\n Device not present (Requested sensor, data, or record not found)\n',
  '   1 | 01/15/26 | 10:00:01 | Temperature Inlet | Upper Critical going high | Asserted | Reading 81 > Threshold 80 degrees C\n   2 |  Pre-Init  |0000000010| Event Logging Disabled #0x51 | Log area reset/cleared | Asserted\n',
  'Inlet Temp       | 30h | ok  |  7.1 | 23 degrees C\nFan 2            | 41h | ns  | 29.2 | No Reading\nBMC              | 00h | ok  |  6.1 | Dynamic MC @ 20h\n',
  'Boot parameter version: 1\nBoot parameter 5 is valid/unlocked\nBoot parameter data: c004000000\n Boot Flags :\n   - Boot Flag Valid\n',
  'Error: Unable to establish IPMI v2 / RMCP+ session\nLoading IANA PEN Registry...\nRAKP 2 HMAC is invalid\n',
  'Security Alert: Certificate is invalid\nContinuing execution. Use -S option for racadm to stop execution.\nUserName: Password: Server power status: ON\n',
  'ERROR: Login failed - invalid username or password\n',
  'name="n1"\nUUID="3e7031fc-3062-45f1-835c-92541bc9cbd3"\nCfgFile="/x/n1.vbox"\nboot1="net"\nVMState="running"\nstoragecontrollername0="SATA"\n"SATA-0-0"="/x/n1.vdi"\nmacaddress1="080027F2D8BF"\n',
  '"n1" {3e7031fc-3062-45f1-835c-92541bc9cbd3}\n"a "b" c" {3e7031fc-3062-45f1-835c-92541bc9cbd4}\n',
  "VBoxManage: error: Could not find a registered machine named 'x'\nVBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)\n",
];
const output = fc.oneof({ weight: 3, arbitrary: mutated(OUTPUTS) }, anyText);

const SECRET = 'S3cret-of-the-BMC';
const never = new AbortController().signal;

describe('what a tool prints', () => {
  for (const [name, read] of Object.entries({
    fields: parseFields,
    FRUs: parseFru,
    events: parseSel,
    sensors: parseSensors,
    'boot flags': parseBootFlags,
    'a VM': parseVmInfo,
    VMs: parseVmList,
    'fields of a VM': (text: string) => [...parseMachineReadable(text)],
  })) {
    test(`any text is ${name}, fit to be sent as JSON, or refused`, () => {
      fc.assert(
        fc.property(output, (text) => {
          const found = bounded(() => cleanly(() => read(text)));
          if (found instanceof ModelError || found === undefined) return;
          const plain = JSON.stringify(found, (_key, value) => (value instanceof Map ? [...value] : value));
          assert.doesNotMatch(JSON.stringify({ found }), /^\{"found":null\}$/);
          assert.equal(typeof plain, 'string');
          assertNumbers(found);
        }),
        parameters([
          // The list was copied for each of its items.
          ['a : b\n'.repeat(100_000)],
          [`a :\n${'    b\n'.repeat(100_000)}`],
          // These went too deep for the engine of regular expressions.
          [`name="${'x'.repeat(8_000_000)}`],
          [`name="${'\\"'.repeat(2_000_000)}"\n`],
          [`"${'\\"'.repeat(2_000_000)}"=x\n`],
          [`${'a="'.repeat(100_000)}`],
          // And these were numbers that JSON does not have.
          [`FRU Device Description : x (ID ${'9'.repeat(400)})\n`],
          [`x | 1h | ok | 7.1 | ${'9'.repeat(400)} degrees C`],
          [`FRU Device Description${' '.repeat(100_000)}x`],
        ]),
      );
    });
  }

  test('a failure is told in a models.Error of a few lines, without the secret', () => {
    const told = mutated(OUTPUTS.map((text) => `${text}${SECRET}\n`));
    fc.assert(
      fc.property(told, fc.constantFrom(null, 0, 1, 255), (text, code) => {
        const errors = bounded(() => [
          failureOf('bmc', text, code, new Secrets([SECRET])).error,
          failureIn('idrac', { stdout: text, stderr: text, code }, SECRET),
        ]);
        for (const error of errors) {
          if (error === undefined) continue;
          cleanly(() => {
            throw error;
          });
          assert.ok(!error.message.includes(SECRET));
          assert.ok(error.message.length < 10_000, `${error.message.length} characters`);
        }
        const failure = bounded(() => vboxFailureOf('start', text, code));
        assertModelError(JSON.parse(JSON.stringify(failure)));
        assert.ok(failure.message.length < 10_000, `${failure.message.length} characters`);
        bounded(() => answerIn(text));
      }),
      parameters<[string, number | null]>([[`ERROR: ${'x\r'.repeat(100_000)}`, 1]]),
    );
  });

  test('a BMC has the identity that its tool tells of, whatever that is', async () => {
    await fc.assert(
      fc.asyncProperty(output, output, async (info, guid) => {
        const identity = await cleanlyLater(() =>
          identityOf(async ([, what]) => ({ stdout: what === 'info' ? info : guid, stderr: '' })),
        );
        for (const value of Object.values(identity)) assert.equal(typeof value, 'string');
      }),
      parameters(),
    );
  });
});

describe('what a BMC sends', () => {
  test('any datagram is read as an answer or passed over', async () => {
    const socket = createSocket('udp4');
    let answers: ((question: Buffer) => Buffer)[] = [];
    socket.on('message', (question, { port, address }) => {
      for (const answer of answers) socket.send(answer(question), port, address);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const target = { address: '127.0.0.1', port: (socket.address() as AddressInfo).port };
    const bases = [
      (tag: number) =>
        Buffer.from([
          6,
          0,
          255,
          6,
          0,
          0,
          17,
          190,
          64,
          tag,
          0,
          16,
          0,
          0,
          17,
          190,
          0,
          0,
          0,
          0,
          129,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
        ]),
      () => Buffer.from('0600ff070000000000000000001081' + '1c63200038000180040302000000', 'hex'),
    ];
    const change = fc.tuple(fc.nat(40), fc.nat(255));
    const datagram = fc.tuple(
      fc.nat(1),
      fc.array(change, { maxLength: 3 }),
      fc.nat(40),
      fc.uint8Array({ maxLength: 9 }),
    );
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(datagram, { minLength: 1, maxLength: 5 }), async (datagrams) => {
          answers = datagrams.map(([base, changes, length, more]) => (question) => {
            const bytes = bases[base]?.(question[9] ?? 0) ?? Buffer.alloc(0);
            for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
            return Buffer.concat([bytes.subarray(0, length), more]);
          });
          const options = { tries: 1, waitMs: 15, signal: never };
          const presence = await presencePing(target, options);
          if (presence !== undefined) assert.equal(typeof presence.ipmi, 'boolean');
          for (const version of await ipmiVersions(target, options)) assert.match(version, /^(1\.5|2\.0)$/);
        }),
        parameters(),
      );
    } finally {
      socket.close();
    }
  });

  const MESSAGE = [
    '@Message.ExtendedInfo',
    'error',
    'Boot',
    'MessageId',
    'Message',
    'Resolution',
    'MessageArgs',
    'Severity',
    'code',
    'message',
  ];

  test('any JSON has messages that are short texts', () => {
    fc.assert(
      fc.property(objectWith(MESSAGE), (body) => {
        const messages = cleanly(() => messagesIn(JSON.parse(JSON.stringify(body))));
        assert.ok(Array.isArray(messages));
        for (const { text, id } of messages) {
          assert.equal(typeof id, 'string');
          assert.ok(text.length < 600);
        }
      }),
      parameters(),
    );
  });

  test('any XML is read or refused', async () => {
    const hmc = { name: 'h', secrets: new Secrets([SECRET]) } as Parameters<typeof answerFailure>[0];
    const xml = mutated([
      '<?xml version="1.0"?><a xmlns="x"><b:c xmlns:b="y" d="1">007 &lt;&amp;</b:c><e/><f>1</f><f> two </f></a>',
      '<HttpErrorResponse><Message>no &#65;</Message><ReasonCode>Unknown</ReasonCode></HttpErrorResponse>',
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;<![CDATA[x]]></a>',
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(xml, anyText),
        fc.constantFrom(400, 401, 403, 404, 500, 503),
        async (text, status) => {
          await readXml(text).catch((error: unknown) => assert.ok(error instanceof Error));
          assertUnpolluted();
          const incoming = { status, text, headers: {} } as Parameters<typeof answerFailure>[2];
          const error = await answerFailure(hmc, { method: 'GET', path: '/x' }, incoming);
          assertModelError(JSON.parse(JSON.stringify(error)));
        },
      ),
      parameters<[string, number]>([
        ['<a>'.repeat(20_000) + '</a>'.repeat(20_000), 500],
        [`<HttpErrorResponse><Message>${'<'.repeat(50_000)}`, 500],
        [`<a ${'b="c" '.repeat(20_000)}/>`, 500],
      ]),
    );
  });

  test('a Redfish service may answer anything', async () => {
    await using service = await RedfishService.start({});
    const act = redfishActor(service, redfishMode({ taskMs: 100, requestMs: 2_000 }));
    const KEYS = [
      '@odata.id',
      'Members',
      'Systems',
      'Managers',
      'Links',
      'PowerState',
      'Boot',
      'Actions',
      'target',
      'Status',
      'Health',
      'TaskState',
      'Id',
    ];
    const body = fc.oneof(objectWith(KEYS), json(KEYS), jsonText(KEYS), anyText);
    const reply = fc.record({
      status: fc.constantFrom(200, 201, 202, 204, 302, 400, 401, 404, 412, 500, 503),
      body,
    });
    const commands = fc.constantFrom(
      'powerstatus',
      'poweron',
      'powercycle',
      'nextbootpxe',
      'getBios',
      'getMemory',
      'status',
      'identify',
    );
    await fc.assert(
      fc.asyncProperty(
        commands,
        fc.array(fc.option(reply, { freq: 2 }), { minLength: 1, maxLength: 8 }),
        async (command, replies) => {
          let count = 0;
          service.fault = () => replies[count++] ?? undefined;
          await cleanlyLater(() => act(command, {}, AbortSignal.timeout(8_000)));
          service.fault = () => undefined;
        },
      ),
      parameters(),
    );
    // It has lost its sessions, or keeps some, but it still works.
    assert.equal(typeof (await act('powerstatus')), 'string');
  });
});

/** Checks that JSON has every number in `value`. */
function assertNumbers(value: unknown): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value), String(value));
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) assertNumbers(part);
}
