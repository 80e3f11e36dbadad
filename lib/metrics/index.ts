export { Counter } from './counter.ts';
export { EXPOSITION_TYPE, exposition, gauge, type Metric } from './exposition.ts';
export { Histogram } from './histogram.ts';
