import type { Agent } from 'node:https';
import { makeAgent } from './agent.ts';
import type { Trust } from './trust.ts';

/** The server that connections lead to. */
interface Server extends Trust {
  /** `https://HOST:PORT`. */
  origin: string;
}

interface Entry {
  agent: Promise<Agent>;
  users: number;
  idle?: NodeJS.Timeout;
}

/** BMCs have little power: more parallel connections make them slower. */
const CONNECTIONS = 4;
/** How long an unused agent is kept, for the next action of the same workflow. */
const IDLE_AGENT_MS = 10_000;

/** One keep-alive agent per server, shared by concurrent actions and closed some time after the last. */
export class AgentPool {
  readonly #entries = new Map<string, Entry>();

  /** Runs `work` with the server's agent. Throws ModelError 400 when the CA cannot be read, and what `work` throws. */
  async use<T>(server: Server, work: (agent: Agent) => Promise<T>): Promise<T> {
    const key = `${server.origin}\n${server.oldTls}\n${server.ca ?? ''}`;
    const entry = this.#entries.get(key) ?? { agent: makeAgent(server, CONNECTIONS), users: 0 };
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
