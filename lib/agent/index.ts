export type { AgentEvent, AgentObserver } from './agent-event.ts';
export { type Outcome, outcomeOf } from './exit-codes.ts';
export type { Kernel } from './kexec.ts';
export { type AgentEnd, MachineAgent, type MachineAgentOptions } from './machine-agent.ts';
export { type Power, SystemPower } from './power.ts';
export { openRunnerFolder, type RunnerFolder, type RunnerFolderOptions } from './runner-folder.ts';
export { next, STATES, type State, stateTable, TROUBLE } from './states.ts';
export type { TaskResult } from './task-result.ts';
export { resultAtEndpoint, TaskRunner, type TaskRunnerOptions } from './task-runner.ts';
