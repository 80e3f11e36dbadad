import type { EndpointApi, Reply } from './endpoint-api.ts';

/** A number that is only incremented by one. */
interface Counter {
  acknowledged: number;
  /** Increments that were refused or not answered: they may have been done. */
  uncertain: number;
}

/** Records acknowledged writes, which must exist at the end. */
export class Ledger {
  /** By machine and param. */
  readonly #counters = new Map<string, Counter>();
  /** By machine UUID: the value of its param, or that it is deleted; undefined when unknown. */
  readonly #machines = new Map<string, { value: number } | 'gone' | undefined>();
  acknowledged = 0;

  /** Records an increment of a machine's param. */
  incremented(uuid: string, param: string, reply: Reply | undefined): void {
    const key = `${uuid}/params/${param}`;
    const counter = this.#counters.get(key) ?? { acknowledged: 0, uncertain: 0 };
    this.#counters.set(key, counter);
    if (reply?.status === 200) {
      counter.acknowledged += 1;
      this.acknowledged += 1;
    } else counter.uncertain += 1;
  }

  /** Records that a machine was created or changed to `value` of param VALUE, or deleted. */
  changed(uuid: string, state: { value: number } | 'gone', reply: Reply | undefined): void {
    const sure = reply !== undefined && reply.status < 300;
    this.#machines.set(uuid, sure ? state : undefined);
    if (sure) this.acknowledged += 1;
  }

  /** Differences between the endpoint and the acknowledged writes. */
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

/** The param of machines that is written. */
export const VALUE = 'soak/value';
