import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import nacl from 'tweetnacl';
import { lparDriver } from '../../cmd/ipmi/lpar.ts';
import { seal, sealingKeys, unseal } from '../../lib/api/secure.ts';
import { readDefinition } from '../../lib/endpoint/host/definition.ts';
import { ModelError } from '../../lib/models/index.ts';
import { TestEndpoint } from '../api/test-endpoint.ts';
import { actor } from '../ipmi/request.ts';
import { jobEntry, logonResponse, partitionEntry } from '../support/hmc-service/answers.ts';
import { fc, parameters } from '../support/properties.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { assertModelError, cleanly, cleanlyLater } from './expectations.ts';
import { anyText, json, jsonText, mutated, objectWith } from './texts.ts';

const ERROR = ['Model', 'Key', 'Type', 'Messages', 'Code', 'Name', 'Uuid', 'Params', 'Token'];
const status = fc.constantFrom(200, 201, 204, 301, 304, 400, 401, 403, 404, 409, 422, 500, 503);

describe('what others answer', () => {
  test('an endpoint may answer anything: the client returns JSON or throws a ModelError', async () => {
    await using endpoint = await TestEndpoint.start(undefined, { tls: false });
    const client = endpoint.client({ retryDelays: [] });
    const body = fc.oneof(
      jsonText(ERROR),
      anyText,
      objectWith(ERROR).map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(status, body, fc.boolean(), async (code, text, isJson) => {
        endpoint.handler = () => ({
          status: code,
          headers: { 'content-type': isJson ? 'application/json' : 'text/html' },
          body: code === 204 || code === 304 ? undefined : text,
        });
        const calls = [
          () => client.request({ path: 'machines' }),
          () => client.request({ method: 'POST', path: 'machines', json: {} }),
        ];
        for (const call of calls) {
          const answer = await cleanlyLater(call);
          if (answer instanceof ModelError) assertModelError(JSON.parse(JSON.stringify(answer)));
        }
      }),
      parameters<[number, string, boolean]>([[503, '{"Code":600,"Messages":0}', true]]),
    );
    client.close();
  });

  test('on the outbound socket an endpoint may answer anything: actions fail by it, the plugin lives', async () => {
    let reply: { status: number; body?: unknown } = { status: 204 };
    const sample = [process.execPath, join(import.meta.dirname, '../support/sample-plugin.ts')];
    await using provider = await ProviderProcess.start(sample, {
      answer: ({ path }) => (path.endsWith('/log') ? undefined : reply),
    });
    await fc.assert(
      fc.asyncProperty(status, fc.oneof(objectWith(ERROR), json(ERROR)), async (code, body) => {
        reply = code === 204 || code === 304 ? { status: code } : { status: code, body };
        for (const command of ['objects', 'publish', 'leave']) {
          const answer = await provider.action(command, { CommandSet: 'system' });
          if (answer.status >= 400) assertModelError(answer.json);
        }
        provider.endpoint.posts.length = 0;
      }),
      parameters(),
    );
    assert.equal(provider.stderr, '');
  });

  test('a management console may answer anything: actions end, or fail with a ModelError', async () => {
    await using console_ = await TestEndpoint.start();
    const id = '0123abcd-0000-4000-8000-000000000001';
    const path = `/rest/api/uom/LogicalPartition/${id}/do/PowerOn`;
    const job = { id: '1', path, operation: 'PowerOn' };
    const pages = [
      logonResponse('token'),
      partitionEntry(id, 'running'),
      jobEntry({ ...job, status: 'COMPLETED_OK' }),
      jobEntry({ ...job, status: 'FAILED', result: 'HSCL3681 It runs' }),
      jobEntry({ ...job, status: 'RUNNING' }),
    ];
    const act = actor(new Map([['lpar', lparDriver({ pollMs: 1, jobMs: 50, requestMs: 5_000 })]]), {
      address: '127.0.0.1',
      username: 'u',
      password: 'S3cret-of-the-HMC',
    });
    const params = { 'ipmi/mode': 'lpar', 'ipmi/port-lpar': console_.port, 'ipmi/lpar-id': id };
    const page = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pages) }, mutated(pages), anyText);
    const reply = fc.record({
      status: fc.oneof({ weight: 5, arbitrary: fc.constant(200) }, status),
      body: page,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('powerstatus', 'poweron', 'poweroff', 'powercycle'),
        fc.array(reply, { minLength: 1, maxLength: 6 }),
        async (command, replies) => {
          let count = 0;
          console_.handler = () => replies[count++ % replies.length] ?? {};
          const end = await cleanlyLater(() => act(command, params, AbortSignal.timeout(10_000)));
          assert.ok(!JSON.stringify(end).includes('S3cret-of-the-HMC'));
        },
      ),
      parameters(),
    );
  });

  test('a provider may print anything as its definition', () => {
    const keys = [
      'Meta',
      'Name',
      'Version',
      'PluginVersion',
      'AutoStart',
      'HasPublish',
      'AvailableActions',
      'RequiredParams',
      'StoreObjects',
      'Content',
      'Model',
      'Command',
    ];
    const sound = objectWith(keys).map((value) => JSON.stringify({ ...value, PluginVersion: 4, Name: 'x' }));
    fc.assert(
      fc.property(fc.oneof(jsonText(keys), sound), (text) => {
        const definition = cleanly(() => readDefinition(text));
        if (!(definition instanceof ModelError)) assert.equal(definition.PluginVersion, 4);
      }),
      parameters(),
    );
  });

  test('sealed data may be anything, and what was sealed anything but JSON', async () => {
    const { publicKey, secretKey } = await sealingKeys();
    await fc.assert(
      fc.asyncProperty(
        objectWith(['Key', 'Nonce', 'Payload']),
        json(),
        fc.uint8Array({ maxLength: 60 }),
        async (data, value, bytes) => {
          await cleanlyLater(() => unseal(secretKey, data));
          const plain: unknown = JSON.parse(JSON.stringify(value));
          const opened = await unseal(secretKey, await seal(publicKey, plain));
          if (!JSON.stringify(plain).includes('__proto__')) assert.deepEqual(opened, plain);
          const sender = nacl.box.keyPair();
          const nonce = nacl.randomBytes(24);
          const base64 = (part: Uint8Array) => Buffer.from(part).toString('base64');
          const sealed = {
            Key: base64(sender.publicKey),
            Nonce: base64(nonce),
            Payload: base64(nacl.box(bytes, nonce, publicKey, sender.secretKey)),
          };
          await cleanlyLater(() => unseal(secretKey, sealed));
          await cleanlyLater(() => unseal(secretKey, { ...sealed, Payload: sealed.Payload.slice(4) }));
        },
      ),
      parameters(),
    );
  });
});
