import type { Entry, Group } from './command.ts';
import { EXTENDED, KINDS } from './objects/kinds.ts';

/** What drpkit can do, by first word. */
export const entries: readonly Entry[] = [
  ...KINDS.map((kind) => ({
    name: kind.prefix,
    summary: `Objects of the endpoint: ${kind.prefix}`,
    load: async (): Promise<Group> => (await import('./objects/group.ts')).objectGroup(kind),
  })),
  {
    name: 'contents',
    summary: 'Content packs, on disk and of the endpoint',
    load: async (): Promise<Group> => (await import('./contents/group.ts')).contents,
  },
  {
    name: 'demo',
    summary: 'Show the providers at work at a development endpoint, and leave it running',
    load: async () => (await import('./demo/command.ts')).demo,
  },
  {
    name: 'endpoint',
    summary: 'Run a development endpoint',
    load: async () => (await import('./commands/endpoint.ts')).endpoint,
  },
  {
    name: 'events',
    summary: 'Events of the endpoint',
    load: async (): Promise<Group> => (await import('./commands/events.ts')).events,
  },
  {
    name: 'extended',
    summary: 'Objects of a type that a provider brought along; -l names the type',
    load: async (): Promise<Group> => (await import('./objects/group.ts')).objectGroup(EXTENDED),
  },
  {
    name: 'info',
    summary: 'What the endpoint says of itself',
    load: async (): Promise<Group> => (await import('./commands/info.ts')).info,
  },
  {
    name: 'logs',
    summary: 'The log of the endpoint',
    load: async (): Promise<Group> => (await import('./commands/logs.ts')).logs,
  },
  {
    name: 'new',
    summary: 'Make the project of a new provider',
    load: async () => (await import('./new/command.ts')).newProject,
  },
  {
    name: 'objects',
    summary: 'The types of objects that the endpoint has',
    load: async (): Promise<Group> => (await import('./commands/prefixes.ts')).prefixes,
  },
  {
    name: 'system',
    summary: 'Actions of the endpoint as a whole',
    load: async (): Promise<Group> => (await import('./commands/system.ts')).system,
  },
  {
    name: 'version',
    summary: 'Print the version of drpkit',
    load: async () => (await import('./commands/version.ts')).version,
  },
].sort((a, b) => (a.name < b.name ? -1 : 1));
