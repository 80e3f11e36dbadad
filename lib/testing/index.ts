export type { SeenEvents } from './seen-events.ts';
export type { TestClock } from './test-clock.ts';
export { startTestEndpoint, type TestEndpoint, type TestEndpointOptions } from './test-endpoint.ts';
