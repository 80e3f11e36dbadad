import { Client } from '../../lib/api/index.ts';
import { dockerPlugin, type LogInfo } from '../../lib/docker/index.ts';
import { addToParam, DEFAULT_COUNTER, machineUuid } from './counter.ts';

const countersOf = ({ Config }: LogInfo) =>
  Client.fromEnvironment().params('machines', machineUuid({ Uuid: Config.machine }));

/**
 * A Docker log driver that counts the lines of a container: `docker run --log-driver incrementer --log-opt
 * machine=UUID`. `docker logs` shows the count.
 */
export default dockerPlugin({
  name: 'incrementer',
  logDriver: {
    async log(info, entries, { signal }) {
      for await (const _ of entries) await addToParam(countersOf(info), DEFAULT_COUNTER, 1, signal);
    },
    async *read({ Info }, { signal }) {
      const count = await countersOf(Info).get(DEFAULT_COUNTER, { signal });
      const timeNano = BigInt(Date.now()) * 1_000_000n;
      yield { source: 'stdout', timeNano, line: Buffer.from(String(count ?? 0)), partial: false };
    },
  },
});
