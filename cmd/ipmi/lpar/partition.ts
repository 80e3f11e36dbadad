import { textAt } from '../../../lib/https/index.ts';
import { own } from '../../../lib/models/index.ts';
import { hmcError } from './failure.ts';
import { JobFailure, type Pace, runJob } from './job.ts';
import type { Session } from './session.ts';

/** Message numbers of the HMC and PowerVM: the partition is running already. */
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

  /** The PartitionState: `running`, `not activated`, `open firmware` and others. */
  async state(): Promise<string> {
    const document = await this.#session.send({ method: 'GET', path: this.#path });
    const state = textAt(document, 'entry', 'content', 'LogicalPartition', 'PartitionState');
    if (state !== undefined && state !== '') return state;
    throw hmcError(this.#session.hmc, 502, [own(`GET ${this.#path}: the answer has no PartitionState`)]);
  }

  /** Starts the partition in normal boot mode, if necessary without its VSI profiles. */
  async powerOn(): Promise<void> {
    await this.#run('PowerOn', { novsi: 'true', force: 'false', bootmode: 'norm' }, IS_ON);
  }

  /** Stops the partition immediately, like a power cut. */
  async powerOff(): Promise<void> {
    await this.#run('PowerOff', { ...AT_ONCE, restart: 'false' }, IS_OFF);
  }

  /** Restarts the partition. One that is off is started. */
  async restart(): Promise<void> {
    const wasOff = await this.#run('PowerOff', { ...AT_ONCE, restart: 'true' }, IS_OFF);
    if (wasOff) await this.powerOn();
  }

  /**
   * Runs a job. Returns true when it was not needed, that is, when it failed with a message that matches `alreadySo`.
   */
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
