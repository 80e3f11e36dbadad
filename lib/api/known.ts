import type { PluginProvider } from '../models/index.ts';

/**
 * The object types that every endpoint has, with the fields of version 4. Older endpoints leave newer fields out. Names
 * are those of the Go package `models`.
 */

/** Fields that all objects have. */
export interface CommonFields {
  Validated: boolean;
  Available: boolean;
  Errors: string[] | null;
  ReadOnly: boolean;
  Meta: Record<string, string> | null;
  Endpoint: string;
  Bundle: string;
}

/** An object that can be sent with parts left out. */
interface Partially {
  /** Parts are missing. Do not send the object back in this state. */
  Partial: boolean;
}

interface Documented {
  Description: string;
  Documentation: string;
}

type ParamValues = Record<string, unknown> | null;

export interface Machine extends CommonFields, Partially {
  Name: string;
  Description: string;
  Uuid: string;
  CurrentJob: string;
  Address: string;
  Stage: string;
  BootEnv: string;
  Profiles: string[];
  Params: ParamValues;
  Tasks: string[];
  CurrentTask: number;
  Runnable: boolean;
  Secret: string;
  OS: string;
  HardwareAddrs: string[];
  Workflow: string;
  WorkflowComplete: boolean;
  Arch: string;
  Locked: boolean;
  Context: string;
  Pool: string;
  PoolAllocated: boolean;
  PoolStatus: string;
}

export interface Plugin extends CommonFields, Partially, Documented {
  Name: string;
  Provider: string;
  Params: ParamValues;
  PluginErrors: string[] | null;
}

export interface Profile extends CommonFields, Partially, Documented {
  Name: string;
  Params: ParamValues;
  Profiles: string[];
}

export interface Param extends CommonFields, Documented {
  Name: string;
  Secure: boolean;
  /** JSON Schema, draft 4. */
  Schema: unknown;
}

export interface TemplateInfo {
  Name: string;
  Path: string;
  Link: string;
  ID: string;
  Contents: string;
  Meta: Record<string, string> | null;
}

export interface Task extends CommonFields, Documented {
  Name: string;
  Templates: TemplateInfo[];
  RequiredParams: string[];
  OptionalParams: string[];
  Prerequisites: string[];
}

export interface Stage extends CommonFields, Partially, Documented {
  Name: string;
  Templates: TemplateInfo[];
  RequiredParams: string[];
  OptionalParams: string[];
  Params: ParamValues;
  BootEnv: string;
  Tasks: string[];
  Profiles: string[];
  Reboot: boolean;
  RunnerWait: boolean;
}

export interface Workflow extends CommonFields, Documented {
  Name: string;
  Stages: string[];
}

export interface Template extends CommonFields {
  ID: string;
  Description: string;
  Contents: string;
}

export interface ArchInfo {
  IsoFile: string;
  Sha256: string;
  IsoUrl: string;
  Kernel: string;
  Initrds: string[];
  BootParams: string;
  Loader: string;
}

export interface BootEnv extends CommonFields, Documented {
  Name: string;
  OS: {
    Name: string;
    Family: string;
    Codename: string;
    Version: string;
    IsoFile: string;
    IsoSha256: string;
    IsoUrl: string;
    SupportedArchitectures: Record<string, ArchInfo> | null;
  };
  Templates: TemplateInfo[];
  Kernel: string;
  Initrds: string[];
  BootParams: string;
  RequiredParams: string[];
  OptionalParams: string[];
  OnlyUnknown: boolean;
  Loaders: Record<string, string> | null;
}

export interface User extends CommonFields {
  Name: string;
  Description: string;
  Secret: string;
  Roles: string[];
}

export interface Job extends CommonFields {
  Uuid: string;
  Previous: string;
  Machine: string;
  Task: string;
  Stage: string;
  Workflow: string;
  BootEnv: string;
  Context: string;
  State: string;
  ExitState: string;
  StartTime: string;
  EndTime: string;
  Archived: boolean;
  Current: boolean;
  CurrentIndex: number;
  NextIndex: number;
  /** For jobs whose task has its own claims: a token with these rights. Only in the answer that creates the job. */
  Token?: string;
  ExtraClaims?: unknown;
  ExtraRoles?: string[] | null;
}

/** A step of a job: with a Path, a file to write; without one, a script to run. */
export interface JobAction {
  Name: string;
  /** Relative to the folder that the job runs in, unless it begins with a slash. */
  Path: string;
  Content: string;
  /** Key `OS`: the operating systems that it is for. Key `Interpreter`: the program that runs it. */
  Meta: Record<string, string> | null;
}

/** Object types by prefix. */
export interface KnownObjects {
  bootenvs: BootEnv;
  jobs: Job;
  machines: Machine;
  params: Param;
  plugin_providers: PluginProvider;
  plugins: Plugin;
  profiles: Profile;
  stages: Stage;
  tasks: Task;
  templates: Template;
  users: User;
  workflows: Workflow;
}
