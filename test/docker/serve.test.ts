import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import {
  type DockerPluginDeclaration,
  encodeLogEntry,
  type IpamDriver,
  type LogEntry,
  type NetworkDriver,
  PluginClient,
  PluginRegistry,
  readLogEntries,
  serveDockerPlugin,
  type VolumeDriver,
} from '../../lib/docker/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { keptCertificate } from '../support/kept-certificate.ts';
import { until } from '../support/until.ts';

/** A volume driver that keeps names. */
function volumes(): VolumeDriver {
  const names = new Map<string, object>();
  const known = (Name: string) => {
    if (!names.has(Name)) throw new ModelError(404, `no such volume: ${Name}`);
    return { Name, Mountpoint: `/v/${Name}` };
  };
  return {
    create: ({ Name, Opts }) => void names.set(Name, Opts),
    remove: ({ Name }) => void names.delete(known(Name).Name),
    mount: ({ Name, ID }) => ({ Mountpoint: `/v/${known(Name).Name}/${ID}` }),
    unmount: ({ Name }) => void known(Name),
    path: ({ Name }) => ({ Mountpoint: known(Name).Mountpoint }),
    get: ({ Name }) => ({ Volume: { ...known(Name), Status: { opts: names.get(Name) } } }),
    list: () => ({ Volumes: [...names.keys()].map(known) }),
  };
}

const network: NetworkDriver = {
  scope: 'local',
  createNetwork: () => {},
  deleteNetwork: () => {},
  createEndpoint: ({ Interface }) => ({ Interface: Interface.Address ? {} : { Address: '10.1.0.2/24' } }),
  deleteEndpoint: () => {},
  join: ({ EndpointID }) => ({ InterfaceName: { SrcName: `v${EndpointID}`, DstPrefix: 'eth' } }),
  leave: () => {},
};

const ipam: IpamDriver = {
  defaultAddressSpaces: () => ({ LocalDefaultAddressSpace: 'l', GlobalDefaultAddressSpace: 'g' }),
  requestPool: ({ Pool }) => ({ PoolID: 'p', Pool: Pool || '10.1.0.0/24' }),
  releasePool: () => {},
  requestAddress: () => {
    throw new ModelError(409, 'the pool is full');
  },
  releaseAddress: () => {},
};

describe('a served Docker plugin', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dk-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  let count = 0;
  async function served<T>(
    declaration: Omit<DockerPluginDeclaration, 'name'>,
    work: (client: PluginClient, socket: string) => Promise<T>,
  ): Promise<T> {
    count += 1;
    const socket = join(folder, `p${count}.sock`);
    const running = await serveDockerPlugin({ name: `p${count}`, ...declaration }, { socket });
    try {
      return await work(new PluginClient({ name: 'p', address: running.address }), socket);
    } finally {
      await running.close();
      await assert.rejects(lstat(socket), { code: 'ENOENT' });
    }
  }

  test('says what it implements by what it declares', async () => {
    const all = {
      volumeDriver: volumes(),
      networkDriver: network,
      ipamDriver: ipam,
      authorization: { request: () => ({ Allow: true }) },
      logDriver: { log: async () => {} },
    };
    await served(all, async (client) => {
      assert.deepEqual(await client.call('Plugin.Activate'), {
        Implements: ['VolumeDriver', 'NetworkDriver', 'IpamDriver', 'authz', 'LogDriver'],
      });
    });
  });

  test('has a socket that only its owner may open, and the content type of plugins', async (t) => {
    const umask = process.umask(0);
    t.after(() => process.umask(umask));
    await served({ volumeDriver: volumes() }, async (_, socket) => {
      assert.equal((await lstat(socket)).mode & 0o777, 0o600);
      const type = await new Promise((done) =>
        httpRequest({ socketPath: socket, method: 'POST', path: '/Plugin.Activate' }, (answer) => {
          answer.resume();
          done(answer.headers['content-type']);
        }).end(),
      );
      assert.equal(type, 'application/vnd.docker.plugins.v1.2+json');
    });
  });

  test('keeps volumes', async () => {
    await served({ volumeDriver: volumes() }, async (client) => {
      const call = (method: string, args: object = {}) => client.call(`VolumeDriver.${method}`, args);
      await assert.rejects(call('Get', { Name: 'v' }), {
        code: 404,
        message: 'VolumeDriver.Get: no such volume: v',
      });
      assert.deepEqual(await call('Create', { Name: 'v', Opts: { size: '1G' } }), {});
      assert.deepEqual(await call('Create', { Name: 'w', Opts: null }), {});
      assert.deepEqual(await call('Get', { Name: 'v' }), {
        Volume: { Name: 'v', Mountpoint: '/v/v', Status: { opts: { size: '1G' } } },
      });
      assert.deepEqual(await call('Mount', { Name: 'v', ID: 'abc' }), { Mountpoint: '/v/v/abc' });
      assert.deepEqual(await call('Unmount', { Name: 'v', ID: 'abc' }), {});
      assert.deepEqual(await call('Path', { Name: 'w' }), { Mountpoint: '/v/w' });
      assert.deepEqual(await call('List'), {
        Volumes: [
          { Name: 'v', Mountpoint: '/v/v' },
          { Name: 'w', Mountpoint: '/v/w' },
        ],
      });
      assert.deepEqual(await call('Capabilities'), { Capabilities: { Scope: 'local' } });
      assert.deepEqual(await call('Remove', { Name: 'v' }), {});
    });
  });

  test('has networks: what is not declared is answered empty, or as not offered', async () => {
    await served({ networkDriver: network }, async (client) => {
      const call = (method: string, args: object = {}) => client.call(`NetworkDriver.${method}`, args);
      const endpoint = { NetworkID: 'n', EndpointID: 'e' };
      assert.deepEqual(await call('GetCapabilities'), {
        Scope: 'local',
        ConnectivityScope: 'local',
        GwAllocChecker: false,
      });
      assert.deepEqual(await call('CreateNetwork', { NetworkID: 'n', Options: {}, IPv4Data: null }), {});
      assert.deepEqual(await call('CreateEndpoint', { ...endpoint, Interface: null }), {
        Interface: { Address: '10.1.0.2/24' },
      });
      assert.deepEqual(await call('CreateEndpoint', { ...endpoint, Interface: { Address: '10.1.0.9/24' } }), {
        Interface: {},
      });
      assert.deepEqual(await call('Join', endpoint), { InterfaceName: { SrcName: 've', DstPrefix: 'eth' } });
      assert.deepEqual(await call('EndpointOperInfo', endpoint), { Value: {} });
      assert.deepEqual(await call('ProgramExternalConnectivity', endpoint), {});
      await assert.rejects(call('AllocateNetwork', { NetworkID: 'n' }), {
        code: 404,
        message: /not offered/,
      });
    });
  });

  test('has addresses, and errors with a status that Docker takes for one there too', async () => {
    await served({ ipamDriver: ipam }, async (client) => {
      const call = (method: string, args: object = {}) => client.call(`IpamDriver.${method}`, args);
      assert.deepEqual(await call('GetCapabilities'), {
        RequiresMACAddress: false,
        RequiresRequestReplay: false,
      });
      assert.deepEqual(await call('GetDefaultAddressSpaces'), {
        LocalDefaultAddressSpace: 'l',
        GlobalDefaultAddressSpace: 'g',
      });
      assert.deepEqual(
        await call('RequestPool', { AddressSpace: 'l', Pool: '', SubPool: '', Options: null, V6: false }),
        {
          PoolID: 'p',
          Pool: '10.1.0.0/24',
        },
      );
      await assert.rejects(call('RequestAddress', { PoolID: 'p' }), {
        code: 409,
        message: /the pool is full/,
      });
    });
  });

  test('judges requests, and allows answers unless it judges them, too', async () => {
    const authorization = {
      request: ({ RequestMethod }: { RequestMethod: string }) =>
        RequestMethod === 'GET' ? { Allow: true } : { Allow: false, Msg: 'read only' },
    };
    await served({ authorization }, async (client) => {
      const args = { User: '', RequestUri: '/v1.41/info', RequestHeaders: {} };
      assert.deepEqual(await client.call('AuthZPlugin.AuthZReq', { ...args, RequestMethod: 'GET' }), {
        Allow: true,
      });
      assert.deepEqual(await client.call('AuthZPlugin.AuthZReq', { ...args, RequestMethod: 'POST' }), {
        Allow: false,
        Msg: 'read only',
      });
      assert.deepEqual(await client.call('AuthZPlugin.AuthZRes', { ...args, ResponseStatusCode: 200 }), {
        Allow: true,
      });
    });
  });

  const refused: [what: string, method: string, args: unknown, code: number, message: RegExp][] = [
    [
      'a field of a wrong type',
      'VolumeDriver.Create',
      { Name: 1 },
      400,
      /Create: Name: expected a text, found a number/,
    ],
    [
      'options that are a list',
      'VolumeDriver.Create',
      { Name: 'v', Opts: [] },
      400,
      /Opts: expected an object/,
    ],
    ['a request that is a list', 'VolumeDriver.List', [], 400, /expected an object/],
    [
      'a method of another subsystem',
      'LogDriver.StopLogging',
      {},
      404,
      /LogDriver\.StopLogging: not offered/,
    ],
    ['a name that every object has', 'constructor', {}, 404, /not offered/],
  ];
  for (const [what, method, args, code, message] of refused) {
    test(`refuses ${what}`, async () => {
      await served({ volumeDriver: volumes() }, (client) =>
        assert.rejects(client.call(method, args), { code, message }),
      );
    });
  }

  test('refuses what is not JSON, not POST, and too long, and goes on', async () => {
    await served({ volumeDriver: volumes() }, async (client, socket) => {
      const send = (method: string, body: string) =>
        new Promise<[number | undefined, string]>((done, failed) => {
          const request = httpRequest(
            { socketPath: socket, method, path: '/VolumeDriver.List' },
            async (answer) => done([answer.statusCode, await text(answer)]),
          );
          request.on('error', failed);
          request.end(body);
        });
      assert.match(JSON.stringify(await send('POST', '{')), /^\[400,.*not JSON/);
      assert.match(JSON.stringify(await send('GET', '')), /^\[405,.*expected POST/);
      assert.match(JSON.stringify(await send('POST', ' '.repeat(9 * 1024 * 1024))), /^\[413,/);
      assert.deepEqual(await client.call('VolumeDriver.List'), { Volumes: [] });
    });
  });

  test('tells what a handler throws, and an unexpected error to its owner as well', async () => {
    const told: unknown[] = [];
    const broken = { ...volumes(), list: () => Promise.reject(new TypeError('oops')) };
    await served({ volumeDriver: broken, onError: (error) => told.push(error) }, async (client) => {
      await assert.rejects(client.call('VolumeDriver.List'), {
        code: 500,
        message: 'VolumeDriver.List: oops',
      });
      await assert.rejects(client.call('VolumeDriver.Get', { Name: 'x' }), { code: 404 });
    });
    assert.equal(told.length, 1);
  });

  test('cancels requests when it stops, and answers them', async () => {
    let began = () => {};
    const begun = new Promise<void>((done) => {
      began = done;
    });
    const slow: VolumeDriver = {
      ...volumes(),
      create: (_, { signal }) =>
        new Promise((_done, failed) => {
          signal.addEventListener('abort', () => failed(signal.reason));
          began();
        }),
    };
    const running = await serveDockerPlugin(
      { name: 'slow', volumeDriver: slow },
      { socket: join(folder, 'slow.sock') },
    );
    const client = new PluginClient({ name: 'slow', address: running.address });
    const call = assert.rejects(client.call('VolumeDriver.Create', { Name: 'v' }), {
      code: 503,
      message: /the plugin stops/,
    });
    await begun;
    await running.close();
    await call;
  });

  test('takes the place of a socket that is left over, and not of one that is served', async () => {
    const socket = join(folder, 'taken.sock');
    await writeFile(socket, 'left over');
    const first = await serveDockerPlugin({ name: 'taken', volumeDriver: volumes() }, { socket });
    await assert.rejects(serveDockerPlugin({ name: 'taken', volumeDriver: volumes() }, { socket }), {
      code: 409,
      message: /another process serves there/,
    });
    // A successor that has taken the place keeps it.
    await rm(socket);
    const second = await serveDockerPlugin({ name: 'taken', volumeDriver: volumes() }, { socket });
    await first.close();
    assert.deepEqual(
      await new PluginClient({ name: 'taken', address: second.address }).call('VolumeDriver.List'),
      { Volumes: [] },
    );
    await second.close();
  });

  test('is found by its .spec, or by its .json with TLS and certificates on both sides', async (t) => {
    const umask = process.umask(0);
    t.after(() => process.umask(umask));
    const specs = join(folder, 'specs');
    const registry = new PluginRegistry({ socketFolder: join(folder, 'none'), specFolders: [specs] });
    const plain = await serveDockerPlugin(
      { name: 'plain', volumeDriver: volumes() },
      { port: 0, specFolder: specs },
    );
    assert.equal((await lstat(join(specs, 'plain.spec'))).mode & 0o777, 0o644);
    assert.equal((await lstat(specs)).mode & 0o777, 0o755);
    assert.match(await readFile(join(specs, 'plain.spec'), 'utf8'), /^tcp:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual((await registry.get('plain', 'VolumeDriver')).implements, ['VolumeDriver']);
    await plain.close();
    await assert.rejects(lstat(join(specs, 'plain.spec')), { code: 'ENOENT' });

    const altNames = [{ type: 7 as const, ip: '127.0.0.1' }];
    const { cert, key } = await keptCertificate('docker', (generate) =>
      generate([{ name: 'commonName', value: 'p' }], {
        extensions: [{ name: 'subjectAltName', altNames }],
      }),
    );
    const [CertFile, KeyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(CertFile, cert);
    await writeFile(KeyFile, key);
    const secure = await serveDockerPlugin(
      { name: 'secure', volumeDriver: volumes() },
      {
        port: 0,
        specFolder: specs,
        tls: { cert, key, ca: cert },
        clientTls: { CAFile: CertFile, CertFile, KeyFile },
      },
    );
    assert.deepEqual((await registry.get('secure', 'VolumeDriver')).implements, ['VolumeDriver']);
    const stranger = new PluginClient({ name: 'secure', address: secure.address, tls: { CAFile: CertFile } });
    await assert.rejects(stranger.call('VolumeDriver.List', {}, { retry: false }), { code: 502 });
    await secure.close();
  });

  test('is not served without a driver, or under a name that Docker could not look for', async () => {
    await assert.rejects(serveDockerPlugin({ name: 'none' }, { socket: join(folder, 'x') }), {
      code: 400,
      message: /needs a driver/,
    });
    for (const name of ['../x', '', 'a b', '.x']) {
      await assert.rejects(
        serveDockerPlugin({ name, volumeDriver: volumes() }, { socket: join(folder, 'x') }),
        { code: 400 },
      );
    }
  });

  test('reads a log from its FIFO until the container has ended', async () => {
    const fifo = join(folder, 'log');
    execFileSync('mkfifo', [fifo]);
    const read: string[] = [];
    let ended = false;
    const logDriver = {
      async log(info: { ContainerID: string }, entries: AsyncIterable<LogEntry>) {
        for await (const { source, timeNano, line, partial } of entries) {
          read.push(`${info.ContainerID} ${source} ${timeNano} ${Buffer.from(line)} ${partial}`);
        }
        ended = true;
      },
      async *read() {
        yield { source: 'stdout', timeNano: 5n, line: Buffer.from('old'), partial: false };
      },
    };
    await served({ logDriver }, async (client) => {
      const start = { File: fifo, Info: { ContainerID: 'c1' } };
      assert.deepEqual(await client.call('LogDriver.StartLogging', start), {});
      await assert.rejects(client.call('LogDriver.StartLogging', start), {
        code: 409,
        message: /already exists/,
      });
      const writer = createWriteStream(fifo);
      const entry = encodeLogEntry({
        source: 'stderr',
        timeNano: 1795268446000004000n,
        line: Buffer.from('hé'),
        partial: true,
      });
      writer.write(entry.subarray(0, 7));
      writer.write(entry.subarray(7));
      await until(() => read.length === 1, 'the first entry');
      const last = encodeLogEntry({ source: 'stdout', timeNano: -1n, line: Buffer.alloc(0), partial: false });
      await new Promise((written) => writer.write(last, written));
      // Docker closes its end only after this.
      assert.deepEqual(await client.call('LogDriver.StopLogging', { File: fifo }), {});
      assert.equal(ended, true);
      writer.destroy();
      assert.deepEqual(read, ['c1 stderr 1795268446000004000 hé true', 'c1 stdout -1  false']);
      assert.deepEqual(await client.call('LogDriver.Capabilities'), { Cap: { ReadLogs: true } });
      const old = [];
      for await (const { line } of readLogEntries(
        await client.stream('LogDriver.ReadLogs', { Info: {}, Config: {} }),
      )) {
        old.push(Buffer.from(line).toString());
      }
      assert.deepEqual(old, ['old\n']);
      await assert.rejects(client.call('LogDriver.StartLogging', { File: join(folder, 'nosuch') }), {
        code: 400,
        message: /File: ENOENT/,
      });
      await assert.rejects(client.call('LogDriver.StartLogging', { File: folder }), {
        code: 400,
        message: /is not a FIFO/,
      });
    });
  });
});
