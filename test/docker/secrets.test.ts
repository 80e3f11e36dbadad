import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { Volumes } from '../../cmd/volumes/volumes.ts';
import {
  PluginClient,
  PluginRegistry,
  type RunningDockerPlugin,
  serveDockerPlugin,
} from '../../lib/docker/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { filesBelow, Secrets } from '../security/secrets.ts';
import { fakePauses } from './fake-pauses.ts';

/** In every secret that this test makes, and nowhere else. */
const MARK = `do${process.pid}cker`;
const LOGIN = `${MARK}-of-a-url`;
const OPTION = `${MARK} "option"`;
const AUTH = `${MARK}-registry`;
const KEY = `${MARK}-key`;

const shown = (value: unknown) =>
  value instanceof ModelError ? `${value.stack} ${JSON.stringify(value)}` : String(value);

describe('secrets that Docker and its plugins give each other are in no error and no file', () => {
  const secrets = new Secrets();
  const told: string[] = [];
  let folder = '';
  let plugin: RunningDockerPlugin;
  let client: PluginClient;

  before(async () => {
    for (const [name, secret] of Object.entries({ OPTION, AUTH, KEY })) secrets.add(name, secret);
    secrets.add('LOGIN', LOGIN, 'someone');
    folder = await mkdtemp(join(tmpdir(), 'dks-'));
    const refuse = () => {
      throw new ModelError(409, 'not today');
    };
    plugin = await serveDockerPlugin(
      {
        name: 'all',
        volumeDriver: await Volumes.open(join(folder, 'root'), (error) => void told.push(shown(error))),
        networkDriver: {
          scope: 'local',
          createNetwork: refuse,
          deleteNetwork: refuse,
          createEndpoint: refuse,
          deleteEndpoint: refuse,
          join: refuse,
          leave: refuse,
        },
        authorization: { request: () => ({ Allow: false, Msg: 'no' }) },
        logDriver: { log: async () => {} },
        onError: (error) => void told.push(shown(error)),
      },
      { socket: join(folder, 'all.sock') },
    );
    client = new PluginClient({ name: 'all', address: plugin.address });
  });
  after(async () => {
    await plugin?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(method: string, args: unknown): Promise<number> {
    return client.call(method, args, { retry: false }).then(
      (answer) => {
        told.push(JSON.stringify(answer));
        return 200;
      },
      (error: ModelError) => {
        told.push(shown(error));
        return error.code;
      },
    );
  }

  test('options of volumes and networks, headers of registries, environments of containers', async () => {
    const Headers = { 'X-Registry-Auth': Buffer.from(JSON.stringify({ password: AUTH })).toString('base64') };
    const judged = { RequestMethod: 'POST', RequestUri: '/v1.41/images/create', RequestHeaders: Headers };
    const Info = { ContainerID: '1', ContainerEnv: [`PASSWORD=${OPTION}`], Config: { token: OPTION } };
    const calls: [method: string, args: unknown, code: number][] = [
      ['VolumeDriver.Create', { Name: 'v', Opts: {} }, 200],
      ['VolumeDriver.Create', { Name: 'w', Opts: { password: OPTION } }, 400],
      ['VolumeDriver.Create', { Name: 'w', Opts: [OPTION] }, 400],
      ['VolumeDriver.Create', { Name: 'w', Opts: OPTION }, 400],
      ['NetworkDriver.CreateNetwork', { NetworkID: 'n', Options: { 'o.generic': { psk: OPTION } } }, 409],
      ['NetworkDriver.CreateNetwork', { NetworkID: [OPTION], Options: OPTION, IPv4Data: OPTION }, 400],
      ['NetworkDriver.Join', { NetworkID: 'n', EndpointID: 'e', Options: [OPTION] }, 400],
      ['AuthZPlugin.AuthZReq', judged, 200],
      ['AuthZPlugin.AuthZReq', { ...judged, RequestHeaders: [AUTH] }, 400],
      ['AuthZPlugin.AuthZReq', { ...judged, RequestBody: { password: AUTH } }, 400],
      ['LogDriver.StartLogging', { File: join(folder, 'none'), Info }, 400],
      ['LogDriver.StartLogging', { File: join(folder, 'none'), Info: Info.ContainerEnv }, 400],
      ['LogDriver.ReadLogs', { Info: OPTION, Config: OPTION }, 404],
    ];
    for (const [method, args, code] of calls)
      assert.equal(await ask(method, args), code, `${method}: ${told.at(-1)}`);
  });

  test('requests and answers that are not JSON', async () => {
    for (const body of [
      OPTION,
      `{"Opts": ${MARK}-x}`,
      `["a long text before it", ${MARK}-x, "and after it"]`,
    ]) {
      const sent = client.sendFile('VolumeDriver.Create', () => Readable.from([body]), { retry: false });
      await assert.rejects(sent, (error: ModelError) => {
        told.push(shown(error));
        return error.code === 400;
      });
    }
  });

  test('addresses with a login, and files of keys and addresses that cannot be read', async () => {
    const specs = join(folder, 'specs');
    const registry = new PluginRegistry({ socketFolder: specs, specFolders: [specs], pauses: fakePauses() });
    await mkdir(specs);
    const tls = { CertFile: join(folder, 'key.pem'), KeyFile: join(folder, 'key.pem') };
    await writeFile(join(folder, 'key.pem'), `-----BEGIN PRIVATE KEY-----\n${KEY}\n`, { mode: 0o600 });
    const files: Record<string, string> = {
      'a.spec': `tcp://someone:${LOGIN}@127.0.0.1:9`,
      'b.spec': `https://someone:${LOGIN}@[::1/x`,
      'c.spec': `someone:${LOGIN}@127.0.0.1:9`,
      'd.json': JSON.stringify({ Addr: `https://someone:${LOGIN}@127.0.0.1:9` }),
      'e.json': `{"Addr": ${LOGIN}}`,
      'f.json': JSON.stringify({ Addr: [LOGIN] }),
      'g.json': JSON.stringify({ Addr: 'https://127.0.0.1:9', TLSConfig: { KeyFile: [KEY] } }),
      'h.json': JSON.stringify({ Addr: 'https://127.0.0.1:9', TLSConfig: tls }),
    };
    for (const [file, text] of Object.entries(files)) {
      await writeFile(join(specs, file), text);
      await assert.rejects(registry.get(file.slice(0, 1), 'VolumeDriver'), (error: ModelError) => {
        told.push(shown(error));
        return file === 'h.json' ? error.code === 502 : error.code === 400;
      });
    }
  });

  test('none of it was told, and the volumes keep none', async () => {
    assert.ok(told.length > 20);
    for (const text of told) assert.deepEqual(secrets.in(text), [], text);
    for await (const { file, text } of filesBelow(join(folder, 'root')))
      assert.deepEqual(secrets.in(text), [], file);
  });
});
