import type { BiosOptions } from './bios.ts';
import type { Certificate } from './certificate.ts';
import type { LogOptions } from './logs.ts';
import type { Json } from './rules.ts';
import type { Tree } from './tree.ts';
import type { UpdateOptions } from './update-service.ts';

/** A computer system of the service. */
export interface SystemOptions {
  id?: string;
  uuid?: string;
  power?: 'On' | 'Off';
  /** Reset types that are allowed; undefined: those of the DMTF's mockup of a rack server. Null: it does not tell. */
  resetTypes?: readonly string[] | null;
  /** Where they are told. */
  resetTypesIn?: 'annotation' | 'action info';
  /** How long PowerState is PoweringOn or PoweringOff: until it was read once, or forever; no time unless given. */
  transition?: 'until read' | 'forever';
  /** What its chassis has, by path. */
  chassis?: Tree;
  /** Whether it tells when it was reset last. */
  tellsLastReset?: boolean;
  /** Does what it is told not to do: resets are answered, and change nothing. */
  stuck?: boolean;
  /** Whether BootSourceOverrideMode can be written, or is not there. */
  bootMode?: 'writable' | 'fixed' | 'absent';
  /** The resource on which Boot can be written. */
  bootOn?: 'system' | 'settings';
  /** Targets that it lists and takes; those of the DMTF's mockup unless given. */
  targets?: readonly string[];
  /** It has no HttpBootUri. */
  takesNoUrl?: boolean;
  /** Values of BootSourceOverrideEnabled that it lists and takes; it lists none, and takes all, unless given. */
  spans?: readonly string[];
  /** Boot options by their references, in their order at the start. */
  bootOptions?: Readonly<Record<string, Json>>;
  manufacturer?: string;
  /** Properties that the system tells in place of its own. */
  tells?: Json;
  /** The light that it has. */
  light?: 'IndicatorLED' | 'LocationIndicatorActive' | 'chassis' | 'none';
  /** Without these links. */
  without?: readonly string[];
  /** A BIOS whose settings can be changed; one that tells two of them unless given. */
  bios?: BiosOptions;
  /** Health words of the members, by collection. */
  health?: Readonly<Record<string, readonly string[]>>;
}

export interface AccountOptions {
  name: string;
  /** RoleId; Administrator unless given. */
  role?: string;
  Enabled?: boolean;
  Locked?: boolean;
  AccountTypes?: readonly string[];
  /** A PATCH of the password is answered with 204 and forgotten. */
  forgetsPassword?: boolean;
}

export interface DriveOptions {
  id: string;
  /** Undefined: it does not tell them. */
  mediaTypes?: readonly string[];
  /** What is in it at the start. */
  image?: string;
  /** By PATCH, where it has no actions; `read-only`: neither. */
  change?: 'action' | 'patch' | 'read-only';
  /** Parameters that InsertMedia cannot do without, besides Image. */
  requires?: readonly string[];
  /** Whether an action info says so. */
  actionInfo?: boolean;
  /** How it says what is missing: by messages of the registry (unless given), in words of its own, or not at all. */
  says?: 'registry' | 'words' | 'nothing';
  /** Status of that; 400 unless given. */
  refusal?: number;
  /** InsertMedia is refused until EjectMedia was called, although the drive says that it is empty. */
  stuck?: boolean;
  /** InsertMedia is answered with 204, and nothing arrives so many times. */
  losesMedia?: number;
  /** Insert is offered while the drive is empty only, and Eject while it is full. */
  actionsByState?: boolean;
  /** Ejecting nothing is refused. */
  refusesEmptyEject?: boolean;
  /** How the image is told; as it was given unless set. */
  tellsImage?: 'file name' | 'nothing';
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

/** What BMCs of the field do besides the standard, or against it. Each is named after what an operator would see. */
export interface Traits {
  /** After a reset, GETs of the system are answered like this so many times. */
  afterReset?:
    | 'SYS518'
    | 'cut'
    | 'null state'
    | 'no state'
    | 'empty body'
    | 'refused login'
    | 'internal error';
  /** How often; 2 unless given. */
  times?: number;
  /** All GETs of the system (`always`), not only those after a reset, are answered so `times` times. */
  when?: 'after reset' | 'always';
  /** iLO in POST: boot options cannot be changed so many times. */
  inPost?: number;
  /** Sessions end with each reset. */
  dropsSessions?: boolean;
  /** Logins are answered with this status so many times. */
  loginLater?: { status: number; times: number; body?: unknown };
  /** Members, by the end of their URI, that cannot be read, and the status instead. */
  broken?: Readonly<Record<string, number>>;
  /** A PATCH of Boot is answered with 204 and forgotten, on the system, or everywhere. */
  forgetsBoot?: 'system' | 'everywhere';
  /** A PATCH of Boot without If-Match is answered with 204 and forgotten. */
  forgetsBootWithoutEtag?: boolean;
  /** Dell: a PATCH of BootOrder makes a job that does it at the next start; the status that it is answered with. */
  bootJob?: 200 | 202;
  /** Dell: a PATCH of SecureBoot makes such a job. */
  secureBootJob?: boolean;
  /** What becomes of boot options that were set. */
  keepsBoot?: Json;
  /** A PATCH of Boot without a mode sets this one; `refused`: it is refused. */
  withoutMode?: 'Legacy' | 'refused';
  /** Reset types that are allowed by the list and answered with 400. */
  refusesResets?: readonly string[];
  /** The answer to a reset is lost, after it was done or before, so many times. */
  losesResets?: { done: boolean; times: number };
  /** Location headers have the BMC's own host name. */
  ownHostName?: string;
  /** The root tells all but its version to those only who have logged in. */
  rootAfterLogin?: boolean;
  /** What comes around, or instead of, the JSON of GETs. */
  bytes?: 'byte order mark' | 'NUL at the end' | 'UTF-16' | 'second document' | 'error before the resource';
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
  /** Logs of the first system and of the manager, by their Ids. */
  logs?: Readonly<Record<string, LogOptions>>;
  /** Users of the account service; it has none unless given. */
  accounts?: readonly AccountOptions[];
  /** Secure Boot can be changed: in the resource, or in its settings; or it forgets the change. */
  secureBoot?: 'resource' | 'settings' | 'forgotten';
  /** Types of Manager.Reset; it has no such action unless given. */
  managerResets?: readonly string[];
  /** How many requests after a reset find the BMC away; 3 unless given. */
  awayFor?: number;
  /** Resources below the root, by path. */
  more?: Tree;
  /** Properties of the manager. */
  managerTells?: Json;
  /** It has an update service. */
  update?: UpdateOptions;
  /** The root does not name the collection of registries, which is there. */
  hidesRegistries?: boolean;
  /** The root offers $expand, and collections take it. */
  expands?: boolean;
  /** Every answer comes so many ms late. */
  delayMs?: number;
  /** What BMCs of the field do besides. */
  traits?: Traits;
}
