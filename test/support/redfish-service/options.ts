import type { Certificate } from './certificate.ts';

/** A computer system of the service. */
export interface SystemOptions {
  id?: string;
  uuid?: string;
  power?: 'On' | 'Off';
  /** Reset types that are allowed; undefined: those of the DMTF's mockup of a rack server. Null: it does not tell. */
  resetTypes?: readonly string[] | null;
  /** Where they are told. */
  resetTypesIn?: 'annotation' | 'action info';
  /** How long a change of the power takes, in ms; at once unless given. */
  transitionMs?: number;
  /** Does what it is told not to do: resets are answered, and change nothing. */
  stuck?: boolean;
  /** Whether BootSourceOverrideMode can be written, or is not there. */
  bootMode?: 'writable' | 'fixed' | 'absent';
  /** The resource on which Boot can be written. */
  bootOn?: 'system' | 'settings';
  /** The light that it has. */
  light?: 'IndicatorLED' | 'LocationIndicatorActive' | 'chassis' | 'none';
  /** Without these links. */
  without?: readonly string[];
  /** Health words of the members, by collection. */
  health?: Readonly<Record<string, readonly string[]>>;
}

export interface DriveOptions {
  id: string;
  mediaTypes: readonly string[];
  /** What is in it at the start. */
  image?: string;
  /** By PATCH, where it has no actions; `read-only`: neither. */
  change?: 'action' | 'patch' | 'read-only';
  /** Parameters that InsertMedia cannot do without, besides Image. */
  requires?: readonly string[];
  /** Whether an action info says so. */
  actionInfo?: boolean;
}

export interface TaskOptions {
  /** `monitor`: as DSP0266 has it. `task`: the Location is that of the task, which is answered with 200 from the start. */
  location?: 'monitor' | 'task' | 'body';
  /** How often it is looked at before it has ended. */
  looks?: number;
  /** The state it ends in; `never` does not. */
  ends?: 'Completed' | 'Exception' | 'never';
  /** Monitor and task are deleted at the end, before their outcome was told. */
  forgotten?: boolean;
  /** Header Retry-After. */
  retryAfter?: string;
}

export interface RedfishOptions {
  /** Unless given, 127.0.0.1. */
  address?: string;
  username?: string;
  password?: string;
  /** Unless given, a self-signed one with another name. */
  certificate?: Certificate;
  /** Whether clients may log in to a session; `full`: all sessions are in use. */
  sessions?: 'allowed' | 'refused' | 'full';
  /** A session's address is in the Location header, in the body only, or has another host in it. */
  sessionLocation?: 'header' | 'body' | 'other name';
  systems?: readonly SystemOptions[];
  /** Changes are answered with 202. */
  tasks?: TaskOptions;
  /** If-Match is demanded for PATCH (428 without, 412 with a wrong one); the value is how it must be written. */
  etags?: 'strong' | 'weak' | 'weak, taken as strong' | 'any';
  /** Refuses a PATCH of which it can do but a part, instead of doing that part. */
  strict?: boolean;
  /** Where virtual media is; `manager` unless given. */
  mediaOn?: 'system' | 'manager' | 'none';
  drives?: readonly DriveOptions[];
  vendor?: 'Dell' | 'HPE';
  /** Members in a page of a collection. */
  pageSize?: number;
  /** Every answer comes so many ms late. */
  delayMs?: number;
}
