import type { Agent } from 'node:https';
import { AgentPool } from '../../lib/https/index.ts';
import { abortError, ModelError } from '../../lib/models/index.ts';
import { KeyedQueue } from '../../lib/process/index.ts';
import {
  type Found,
  type Log,
  onSystem,
  Patience,
  redfishBmc,
  type Service,
} from '../../lib/redfish/index.ts';
import { refusal } from './failure.ts';

/** The data needed to reach the BIOS of a machine. */
export interface BiosRequest {
  params: Readonly<Record<string, unknown>>;
  /** Passwords in the request, besides that of the BMC. */
  secrets?: readonly string[];
  signal: AbortSignal;
  log: Log;
}

/** Time limits and intervals in ms. */
export interface BiosTimes {
  pollMs: number;
  /** How long to wait for a busy BMC when `ipmi/retry-time` is not set. */
  retryMs: number;
  /** How long a change may wait for earlier changes of the same system. */
  waitLimitMs: number;
}

const TIMES: BiosTimes = { pollMs: 1000, retryMs: 60_000, waitLimitMs: 120_000 };
const LIMITS = { connectMs: 10_000, handshakeMs: 30_000, requestMs: 60_000 };
const TASK_MS = 600_000;
const OFF_MS = 2_000;
const MOST_SYSTEMS = 10_000;

/** Reaches BMCs by Redfish. */
export class Bmcs {
  readonly #times: BiosTimes;
  readonly #agents = new AgentPool();
  readonly #turns: KeyedQueue;

  constructor(times: Partial<BiosTimes> = {}) {
    this.#times = { ...TIMES, ...times };
    this.#turns = new KeyedQueue({
      atOnce: MOST_SYSTEMS,
      waitLimitMs: this.#times.waitLimitMs,
      cancelled: (key, signal) => abortError(`BMC ${key}`, signal),
      late: (key, ms) =>
        refusal(503, `BMC ${key}: earlier changes of its BIOS have not ended after ${ms / 1000} s`),
    });
  }

  /** Runs work that only reads. Throws ModelError. */
  async look<T>(request: BiosRequest, work: (service: Service, system: Found) => Promise<T>): Promise<T> {
    const { params, secrets, signal, log } = request;
    const bmc = redfishBmc(params, secrets);
    const { pollMs, retryMs } = this.#times;
    const retry = params['ipmi/retry-time'];
    const limitMs = typeof retry === 'number' && retry >= 0 ? retry * 1000 : retryMs;
    const wanted = params['ipmi/redfish-system'];
    const how = {
      wanted: typeof wanted === 'string' ? wanted : '',
      signal,
      log,
      pace: { pollMs, taskMs: TASK_MS, offMs: OFF_MS },
      patience: new Patience(limitMs, 'ipmi/retry-time'),
    };
    try {
      return await this.#agents.use(bmc, (agent: Agent) =>
        onSystem({ bmc, agent, limits: LIMITS }, how, work),
      );
    } catch (error) {
      if (signal.aborted && !(error instanceof ModelError)) throw abortError(`BMC ${bmc.name}`, signal);
      throw error;
    }
  }

  /** Runs work after earlier changes of the same system have ended. Throws ModelError. */
  async change<T>(request: BiosRequest, work: (service: Service, system: Found) => Promise<T>): Promise<T> {
    const { params, signal } = request;
    const key = `${redfishBmc(params).name} ${String(params['ipmi/redfish-system'] ?? '')}`.trim();
    return this.#turns.alone(key, signal, () => this.look(request, work));
  }
}
