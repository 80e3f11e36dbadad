import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import type { Limits } from '../../../lib/https/index.ts';
import type { Hmc } from './hmc.ts';

/** An HMC, with the HTTP agent for its connections. */
export interface Connection {
  hmc: Hmc;
  agent: Agent;
  limits: Limits;
}

export interface Outgoing {
  method: 'GET' | 'PUT' | 'DELETE';
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** XML. */
  body?: string;
}

/** An answer of the HMC with any status. */
export interface Incoming {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}
