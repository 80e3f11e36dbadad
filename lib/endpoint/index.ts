export { type EndpointOptions, type RunningEndpoint, startEndpoint } from './endpoint.ts';
