import type { Agent } from 'node:https';
import { makeAgent } from '../https/agent.ts';
import type { Bmc } from './bmc.ts';

interface Entry {
  agent: Promise<Agent>;
  users: number;
  idle?: NodeJS.Timeout;
}

/** BMCs are small: more connections at once make them slower. */
const CONNECTIONS = 4;
/** How long an agent outlives its last user, for the next action of the same workflow. */
const IDLE_AGENT_MS = 10_000;

/** One keep-alive agent for each BMC, shared by the actions on it and dropped when there are none. */
export class Agents {
  readonly #entries = new Map<string, Entry>();

  /** Throws ModelError 400 when the CA is none, and what `work` throws. */
  async use<T>(bmc: Bmc, work: (agent: Agent) => Promise<T>): Promise<T> {
    const key = `${bmc.origin}\n${bmc.ca ?? ''}`;
    const entry = this.#entries.get(key) ?? { agent: makeAgent(bmc.ca, CONNECTIONS), users: 0 };
    this.#entries.set(key, entry);
    clearTimeout(entry.idle);
    entry.users += 1;
    try {
      return await work(await entry.agent);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) {
        entry.idle = setTimeout(() => this.#drop(key, entry), IDLE_AGENT_MS).unref();
      }
    }
  }

  #drop(key: string, { agent }: Entry): void {
    this.#entries.delete(key);
    agent.then(
      (made) => made.destroy(),
      () => {},
    );
  }
}
