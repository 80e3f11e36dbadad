import { Counter, EXPOSITION_TYPE, exposition, gauge, Histogram } from '../../lib/metrics/index.ts';
import { ModelError, refusal } from '../../lib/models/index.ts';
import type { RouteAnswer, RouteRequest } from '../../lib/plugin/index.ts';
import { TRANSPORTS, type Transport } from './driver.ts';
import type { Params } from './params.ts';

/** Label values for failures, by error code. */
const KINDS: Readonly<Record<number, string>> = {
  400: 'param',
  401: 'login',
  403: 'login',
  404: 'missing',
  409: 'state',
  501: 'unsupported',
  502: 'bmc',
  503: 'busy',
  504: 'timeout',
};
const INTERNAL = 'internal';
const NO_TRANSPORT = 'none';
/** Bucket bounds in seconds, from an answer in the same rack to a firmware update. */
const DURATIONS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
/** Limit, since anyone who may run an action can pass any number of addresses. */
const MOST_BMCS = 10_000;
const PORTS = ['ipmi/port-ipmitool', 'ipmi/port-redfish', 'ipmi/port-racadm', 'ipmi/port-lpar'] as const;

/** A call to count. */
export interface Call {
  command: string;
  /** Params that identify the BMC. */
  params: Params;
}

/** Values that are read when the page is requested. */
export interface Now {
  sessions: number;
  consoles: number;
  /** Actions refused because too many were running. */
  refused: number;
  version: string;
}

/** Counts the plugin's actions since its start, for Prometheus. */
export class CallMetrics {
  readonly #calls;
  readonly #failures;
  readonly #durations;
  /** Whether the last call to each BMC ended without an answer, ordered by time of the last call. */
  readonly #silent = new Map<string, boolean>();
  #running = 0;

  constructor(commands: readonly string[]) {
    const how = { action: commands, transport: [...TRANSPORTS, NO_TRANSPORT] };
    this.#calls = new Counter('ipmi_calls_total', 'Calls that have ended.', {
      ...how,
      outcome: ['success', 'failure'],
    });
    this.#failures = new Counter(
      'ipmi_failures_total',
      'Calls that have failed, by the kind of their error.',
      {
        kind: [...Object.values(KINDS), INTERNAL],
      },
    );
    this.#durations = new Histogram(
      'ipmi_call_duration_seconds',
      'How long calls took, with the wait for earlier ones to the same BMC.',
      DURATIONS,
      how,
    );
  }

  /**
   * Runs `work` and counts the call. Returns or throws what `work` does. `work` reports the transport, if it uses one.
   */
  async counted<T>(
    { command, params }: Call,
    work: (onTransport: (transport: Transport) => void) => Promise<T>,
  ): Promise<T> {
    let transport: Transport | typeof NO_TRANSPORT = NO_TRANSPORT;
    const start = performance.now();
    this.#running += 1;
    let kind: string | undefined;
    try {
      return await work((used) => {
        transport = used;
      });
    } catch (error) {
      kind = kindOf(error);
      throw error;
    } finally {
      this.#running -= 1;
      const how = { action: command, transport };
      this.#calls.add({ ...how, outcome: kind === undefined ? 'success' : 'failure' });
      if (kind !== undefined) this.#failures.add({ kind });
      this.#durations.add(how, (performance.now() - start) / 1000);
      if (transport !== NO_TRANSPORT) this.#note(params, kind === 'timeout');
    }
  }

  /** The route `/metrics`. Throws ModelError 405. */
  answer({ method }: Pick<RouteRequest, 'method'>, now: Now): RouteAnswer {
    if (method !== 'GET') throw refusal(405, `/metrics: expected GET, found ${method}`);
    return { headers: { 'Content-Type': EXPOSITION_TYPE }, body: this.#page(now) };
  }

  #page({ sessions, consoles, refused, version }: Now): string {
    const silent = [...this.#silent.values()].filter((isSilent) => isSilent).length;
    const { user, system } = process.cpuUsage();
    const uptime = process.uptime();
    return exposition([
      this.#calls,
      this.#failures,
      this.#durations,
      gauge('ipmi_calls_running', 'Calls that run or wait.', this.#running),
      {
        ...gauge('ipmi_calls_refused_total', 'Actions answered with 503 since too many ran.', refused),
        type: 'counter',
      },
      gauge('ipmi_bmcs_known', `BMCs that were called, at most ${MOST_BMCS}.`, this.#silent.size),
      gauge('ipmi_bmcs_silent', 'Those of them whose last call ended without an answer in time.', silent),
      gauge('ipmi_sessions_open', 'Sessions by native IPMI, with logins under way.', sessions),
      gauge('ipmi_consoles_open', 'Serial consoles that are open.', consoles),
      gauge('ipmi_uptime_seconds', 'How long the plugin has been running.', uptime),
      gauge('ipmi_build_info', 'The version of the plugin, as a label.', 1, { version }),
      gauge('process_resident_memory_bytes', 'Resident memory.', process.memoryUsage.rss()),
      {
        ...gauge('process_cpu_seconds_total', 'User and system CPU time.', (user + system) / 1e6),
        type: 'counter',
      },
    ]);
  }

  #note(params: Params, isSilent: boolean): void {
    const key = JSON.stringify([params['ipmi/address'], ...PORTS.map((port) => params[port])]);
    this.#silent.delete(key);
    this.#silent.set(key, isSilent);
    if (this.#silent.size <= MOST_BMCS) return;
    for (const oldest of this.#silent.keys()) {
      this.#silent.delete(oldest);
      return;
    }
  }
}

/** For an error of a driver that could not begin: the kind of its cause. */
function kindOf(error: unknown): string {
  const known = ModelError.from(error);
  if (known === undefined) return INTERNAL;
  const { code } = known.cause instanceof ModelError && known.code === 404 ? known.cause : known;
  return KINDS[code] ?? INTERNAL;
}
