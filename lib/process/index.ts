export { type ChildEnd, type ChildOptions, runChild } from './child.ts';
export { findExecutable } from './executable.ts';
export { inheritedEnvironment } from './inherited-environment.ts';
export { KeyedQueue, type KeyedQueueRules } from './keyed-queue.ts';
export { Semaphore } from './semaphore.ts';
export { runStreaming, type StreamingEnd, type StreamingOptions } from './streaming.ts';
