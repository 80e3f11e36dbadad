export { makeAgent } from './agent.ts';
export { AgentPool } from './agent-pool.ts';
export { withGracePeriod } from './grace-period.ts';
export { at, isResource, linkAt, linksAt, listAt, type Resource, textAt, textsAt } from './resource.ts';
export { type Limits, send } from './send.ts';
export { transportProblem, wasCutOff, wasDistrusted } from './transport-problem.ts';
