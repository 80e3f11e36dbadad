import { once } from 'node:events';
import { connect } from 'node:net';
import type { Limits } from '../../lib/https/index.ts';
import { abortError, BmcQueue, refusal } from '../../lib/ipmi/index.ts';
import { type ModelError, UUID } from '../../lib/models/index.ts';
import type { Driver, Request } from './driver.ts';
import { hmcOf } from './lpar/hmc.ts';
import type { Pace } from './lpar/job.ts';
import { Partition } from './lpar/partition.ts';
import { withSession } from './lpar/session.ts';
import { type Params, textParam } from './params.ts';

/** Limits and intervals, all in ms. */
export interface LparOptions extends Partial<Limits & Pace> {
  /** How long in ms a change may wait for earlier changes of the same partition. */
  waitLimitMs?: number;
}

/** Runs an action on a partition in an open session. */
type Work = (partition: Partition) => Promise<string>;

const DONE = 'Success';

/** `ipmi/mode` `lpar`: logical partitions of IBM Power systems, by the REST API of their management console (HMC). */
export function lparDriver(options: LparOptions = {}): Driver {
  const { connectMs = 10_000, handshakeMs = 30_000, requestMs = 60_000 } = options;
  const { pollMs = 1_000, jobMs = 600_000, waitLimitMs = 120_000 } = options;
  const limits = { connectMs, handshakeMs, requestMs };

  /** Used for its queue only: this driver starts no processes. */
  const queue = new BmcQueue({ maxChildren: 0, waitLimitMs });

  function onPartition(request: Request, work: Work): Promise<string> {
    const { params, signal, log } = request;
    const id = partitionId(params);
    const hmc = hmcOf(params);
    return withSession(hmc, limits, signal, log, (session) =>
      work(new Partition(session, id, { pollMs, jobMs })),
    );
  }

  return {
    name: 'lpar',
    commands: new Set([...WORK.keys(), ...BOOT_COMMANDS]),
    missing: (request) => silence(request, connectMs),
    run: async (request) => {
      const work = WORK.get(request.command);
      if (work !== undefined) {
        if (request.command === 'powerstatus') return onPartition(request, work);
        // Two changes at once could undo each other although both succeed.
        const name = `${hmcOf(request.params).name}, partition ${partitionId(request.params).toLowerCase()}`;
        return queue.withBmc(name, request.signal, () => onPartition(request, work));
      }
      // A partition boots by its own list, which the HMC's jobs do not change. The boot commands exist for workflows
      // that call them.
      partitionId(request.params);
      return DONE;
    },
    power: async (request) => {
      const state = await onPartition(request, (partition) => partition.state());
      return POWER.get(state) ?? state;
    },
  };
}

const WORK: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['powerstatus', (partition) => partition.state()],
  ['poweron', (partition) => done(partition.powerOn())],
  ['poweroff', (partition) => done(partition.powerOff())],
  ['powercycle', (partition) => done(partition.restart())],
]);

const BOOT_COMMANDS = ['nextbootpxe', 'nextbootdisk', 'forcebootpxe', 'forcebootdisk'];

/** Power states for values of PartitionState. Other values are returned unchanged. */
const POWER: ReadonlyMap<string, string> = new Map([
  ['running', 'on'],
  ['open firmware', 'on'],
  ['not activated', 'off'],
]);

async function done(work: Promise<void>): Promise<string> {
  await work;
  return DONE;
}

function partitionId(params: Params): string {
  if (params['ipmi/lpar-id'] === undefined) throw refusal(400, 'LPAR id missing: specify ipmi/lpar-id');
  const id = textParam(params, 'ipmi/lpar-id');
  if (UUID.test(id)) return id;
  throw refusal(400, `ipmi/lpar-id: ${JSON.stringify(id)} is not a UUID`);
}

/** The reason why nothing accepts connections at the HMC's address; undefined when something does. */
async function silence(
  { params, signal, onTransport }: Request,
  limitMs: number,
): Promise<ModelError | undefined> {
  onTransport?.('lpar');
  const { name, host, port } = hmcOf(params);
  const socket = connect({ host, port });
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) });
    return undefined;
  } catch (error) {
    if (signal.aborted) throw abortError(`HMC ${name}`, signal);
    const late = error instanceof Error && error.name === 'AbortError';
    const why = late ? ` within ${limitMs / 1000} s` : `: ${error instanceof Error ? error.message : error}`;
    return refusal(504, `HMC ${name}: does not answer${why} (ipmi/address, ipmi/port-lpar)`, error);
  } finally {
    socket.destroy();
  }
}
