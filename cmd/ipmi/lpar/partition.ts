import { textAt } from '../../../lib/https/index.ts';
import { own } from '../../../lib/models/index.ts';
import { hmcError } from './failure.ts';
import { JobFailure, type Pace, runJob } from './job.ts';
import type { Session } from './session.ts';

/** What an HMC and what PowerVM itself say of a partition that is in the state already. */
const IS_ON = /\b(HSCL3681|PVME01042026)\b/;
const IS_OFF = /\b(HSCL1558|PVME04000005)\b/;

/** A logical partition. All calls throw ModelError. */
export class Partition {
  readonly #session: Session;
  readonly #path: string;
  readonly #pace: Pace;

  /** `id` is its UUID. */
  constructor(session: Session, id: string, pace: Pace) {
    this.#session = session;
    this.#path = `/rest/api/uom/LogicalPartition/${id}`;
    this.#pace = pace;
  }

  /** PartitionState: `running`, `not activated`, `open firmware` and more. */
  async state(): Promise<string> {
    const document = await this.#session.send({ method: 'GET', path: this.#path });
    const state = textAt(document, 'entry', 'content', 'LogicalPartition', 'PartitionState');
    if (state !== undefined && state !== '') return state;
    throw hmcError(this.#session.hmc, 502, [own(`GET ${this.#path}: the answer has no PartitionState`)]);
  }

  /** Starts it, also without its VSI profiles, in the normal boot mode. */
  async powerOn(): Promise<void> {
    await this.#run('PowerOn', { novsi: 'true', force: 'false', bootmode: 'norm' }, IS_ON);
  }

  /** Stops it at once, as if the plug was pulled. */
  async powerOff(): Promise<void> {
    await this.#run('PowerOff', { ...AT_ONCE, restart: 'false' }, IS_OFF);
  }

  /** A partition that is off has nothing to stop; what is wanted is that it starts. */
  async restart(): Promise<void> {
    const wasOff = await this.#run('PowerOff', { ...AT_ONCE, restart: 'true' }, IS_OFF);
    if (wasOff) await this.powerOn();
  }

  /** Whether the job was not needed, since it failed with words that fit `alreadySo`. */
  async #run(operation: string, parameters: Record<string, string>, alreadySo: RegExp): Promise<boolean> {
    try {
      await runJob(this.#session, { path: this.#path, operation, parameters }, this.#pace);
      return false;
    } catch (error) {
      if (error instanceof JobFailure && alreadySo.test(error.said)) return true;
      throw error;
    }
  }
}

const AT_ONCE = { immediate: 'true', operation: 'shutdown' };
