/**
 * A plugin of Docker that is part of all subsystems but volumes: `all-drivers.ts FOLDER`. What it is asked for goes to
 * FOLDER/calls, a line each; logs of containers to FOLDER/logs.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LogEntry, runDockerPlugin } from '../../lib/docker/index.ts';
import { ModelError } from '../../lib/models/index.ts';

const [folder = ''] = process.argv.slice(2);

function note(method: string, detail: unknown): void {
  appendFileSync(join(folder, 'calls'), `${method} ${JSON.stringify(detail)}\n`);
}

function* storedEntries(container: string): Generator<LogEntry> {
  for (const text of readFileSync(join(folder, 'logs'), 'utf8').split('\n')) {
    const [id, source = '', time = '0', line = ''] = text.split('\t');
    if (id === container) yield { source, timeNano: BigInt(time), line: Buffer.from(line), partial: false };
  }
}

await runDockerPlugin({
  name: 'all',
  networkDriver: {
    scope: 'local',
    createNetwork({ Options, IPv4Data }) {
      const options = Options['com.docker.network.generic'];
      note('createNetwork', { options, pools: IPv4Data.map(({ Pool, Gateway }) => [Pool, Gateway]) });
      if (JSON.stringify(options).includes('refuse')) throw new ModelError(400, 'no network of this kind');
    },
    deleteNetwork: () => note('deleteNetwork', {}),
    createEndpoint({ Interface }) {
      note('createEndpoint', Interface);
      return { Interface: Interface.MacAddress ? {} : { MacAddress: '02:42:0a:4d:00:02' } };
    },
    deleteEndpoint: () => note('deleteEndpoint', {}),
    join({ SandboxKey }) {
      note('join', { sandbox: SandboxKey !== '' });
      return { DisableGatewayService: true };
    },
    leave: () => note('leave', {}),
  },
  ipamDriver: {
    defaultAddressSpaces: () => ({ LocalDefaultAddressSpace: 'here', GlobalDefaultAddressSpace: 'there' }),
    requestPool({ AddressSpace, Pool }) {
      note('requestPool', { AddressSpace, Pool });
      if (Pool === '10.99.0.0/16') throw new ModelError(409, 'the pool 10.99.0.0/16 is taken');
      return { PoolID: 'pool-1', Pool: Pool || '10.77.0.0/24' };
    },
    releasePool: ({ PoolID }) => note('releasePool', { PoolID }),
    requestAddress({ Address, Options }) {
      const isGateway = Options.RequestAddressType === 'com.docker.network.gateway';
      note('requestAddress', { Address, isGateway });
      return { Address: `${Address || (isGateway ? '10.77.0.1' : '10.77.0.2')}/24` };
    },
    releaseAddress: ({ Address }) => note('releaseAddress', { Address }),
  },
  authorization: {
    request({ RequestMethod, RequestUri, RequestBody = '' }) {
      const asked = Buffer.from(RequestBody, 'base64').toString();
      const isForbidden = RequestUri.endsWith('/volumes/create') && asked.includes('"forbidden"');
      if (isForbidden) note('authorization', { RequestMethod });
      return isForbidden ? { Allow: false, Msg: 'volumes are not called so here' } : { Allow: true };
    },
    response: ({ ResponseStatusCode }) => ({ Allow: ResponseStatusCode < 600 }),
  },
  logDriver: {
    async log(info, entries) {
      note('log', { name: info.ContainerName, options: info.Config });
      for await (const { source, timeNano, line } of entries) {
        const text = Buffer.from(line).toString();
        appendFileSync(join(folder, 'logs'), [info.ContainerID, source, timeNano, `${text}\n`].join('\t'));
      }
      note('log ends', {});
    },
    async *read({ Info }) {
      yield* storedEntries(Info.ContainerID);
    },
  },
});
