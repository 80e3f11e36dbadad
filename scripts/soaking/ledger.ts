import type { EndpointApi, Reply } from './endpoint-api.ts';

/** A number that only ever grows by one. */
interface Counter {
  acknowledged: number;
  /** Those that were refused, or not answered: they may have been made all the same. */
  uncertain: number;
}

/** What has been written: what was acknowledged has to be there in the end. */
export class Ledger {
  /** By machine and param. */
  readonly #counters = new Map<string, Counter>();
  /** Machines by UUID: what their param is, or that they are gone; undefined where that is not known. */
  readonly #machines = new Map<string, { value: number } | 'gone' | undefined>();
  acknowledged = 0;

  /** A param of a machine was to be incremented. */
  incremented(uuid: string, param: string, reply: Reply | undefined): void {
    const key = `${uuid}/params/${param}`;
    const counter = this.#counters.get(key) ?? { acknowledged: 0, uncertain: 0 };
    this.#counters.set(key, counter);
    if (reply?.status === 200) {
      counter.acknowledged += 1;
      this.acknowledged += 1;
    } else counter.uncertain += 1;
  }

  /** A machine was to be made or changed so that `VALUE` is `value`, or to be removed. */
  changed(uuid: string, state: { value: number } | 'gone', reply: Reply | undefined): void {
    const sure = reply !== undefined && reply.status < 300;
    this.#machines.set(uuid, sure ? state : undefined);
    if (sure) this.acknowledged += 1;
  }

  /** What is not as it was acknowledged. */
  async problems(api: Pick<EndpointApi, 'call' | 'done'>): Promise<string[]> {
    const problems: string[] = [];
    for (const [key, { acknowledged, uncertain }] of this.#counters) {
      const value = Number((await api.done<unknown>('GET', `machines/${key}`)) ?? 0);
      if (value < acknowledged || value > acknowledged + uncertain) {
        problems.push(`${key} is ${value}, with ${acknowledged} acknowledged and ${uncertain} uncertain`);
      }
    }
    for (const [uuid, state] of this.#machines) {
      if (state === undefined) continue;
      const { status, json } = await api.call('GET', `machines/${uuid}`);
      const value = (json as { Params?: Record<string, unknown> } | undefined)?.Params?.[VALUE];
      const expected = state === 'gone' ? 404 : 200;
      if (status !== expected) problems.push(`machine ${uuid} is answered ${status}, not ${expected}`);
      else if (state !== 'gone' && value !== state.value) {
        problems.push(`machine ${uuid} has ${VALUE} ${value}, not ${state.value}`);
      }
    }
    return problems;
  }
}

/** The param of machines that is written to. */
export const VALUE = 'soak/value';
