import { ACCOUNT_PREFIXES } from './accounts.ts';
import { ENDPOINT_PREFIXES } from './endpoint.ts';
import { FLEET_PREFIXES } from './fleet.ts';
import { JOBS } from './jobs.ts';
import { MACHINES } from './machines.ts';
import { NETWORK_PREFIXES } from './network.ts';
import { PARAM_PREFIXES } from './params.ts';
import { COMMON, type Prefix } from './prefix.ts';
import { WORKFLOW_PREFIXES } from './workflows.ts';

export { hasEnded, NO_JOB } from './jobs.ts';
export type { Part, Prefix, Shape } from './prefix.ts';
export { type TemplateInfo, templatesOf } from './templates.ts';
export { taskEntry } from './workflows.ts';

/** The object types that every endpoint has, with the fields of the Go package `models`. */
export const PREFIXES: Readonly<Record<string, Prefix>> = {
  machines: MACHINES,
  jobs: JOBS,
  ...WORKFLOW_PREFIXES,
  ...PARAM_PREFIXES,
  ...ACCOUNT_PREFIXES,
  ...NETWORK_PREFIXES,
  ...FLEET_PREFIXES,
  ...ENDPOINT_PREFIXES,
};

/** An object type that a provider brings (`StoreObjects`). */
export function rawPrefix(prefix: string): Prefix {
  return {
    key: 'Id',
    fields: { ...COMMON, Id: '', Type: prefix, Description: '', Documentation: '', Params: {} },
    open: true,
    prepare(object) {
      object.Type = prefix;
    },
  };
}
