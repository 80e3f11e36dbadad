export { makeAgent } from './agent.ts';
export { AgentPool } from './agent-pool.ts';
export {
  endedBeforeTls,
  timeoutOf,
  wasCutOff,
  wasDistrusted,
  wasRefused,
  wasTlsFailure,
} from './error-code.ts';
export { withGracePeriod } from './grace-period.ts';
export { at, isResource, linkAt, linksAt, listAt, type Resource, textAt, textsAt } from './resource.ts';
export { type Limits, send } from './send.ts';
export { transportProblem } from './transport-problem.ts';
export type { Trust } from './trust.ts';
