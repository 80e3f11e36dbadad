export type { SeenEvents } from './seen-events.ts';
export { startTestEndpoint, type TestEndpoint, type TestEndpointOptions } from './test-endpoint.ts';
