import type { Entry, Group } from './command.ts';
import { EXTENDED, KINDS } from './objects/kinds.ts';

const objects = [...KINDS, EXTENDED].map(
  ({ prefix, about }, at, all): Entry => ({
    section: 'Objects of an endpoint',
    name: prefix,
    summary: about,
    load: async (next) => (await import('./objects/group.ts')).objectGroup(all[at] ?? EXTENDED, next),
  }),
);

/** The first words of drpkit's commands. */
export const entries: readonly Entry[] = [
  ...section('Development', [
    {
      name: 'new',
      summary: 'Make the project of a new provider',
      load: async () => (await import('./new/command.ts')).newProject,
    },
    {
      name: 'dev',
      summary: 'Run the provider of the project in this folder, and again after each change',
      load: async () => (await import('./dev/command.ts')).dev,
    },
    {
      name: 'check',
      summary: 'Check the content and the types of the project in this folder',
      load: async () => (await import('./project/commands.ts')).check,
    },
    {
      name: 'test',
      summary: 'Check the content and the types of the project in this folder, and run its tests',
      load: async () => (await import('./project/commands.ts')).test,
    },
    {
      name: 'build',
      summary: 'Build the executables of the project in this folder',
      load: async () => (await import('./project/commands.ts')).build,
    },
    {
      name: 'endpoint',
      summary: 'Run a development endpoint',
      load: async () => (await import('./commands/endpoint.ts')).endpoint,
    },
    {
      name: 'inspect',
      summary: 'Look at provider executables in the browser, and try what they do',
      load: async () => (await import('./inspect/command.ts')).inspect,
    },
    {
      name: 'run',
      summary: 'Run a workflow of the content pack in this folder, on this computer',
      load: async () => (await import('./trial/run.ts')).runWorkflow,
    },
    {
      name: 'render',
      summary: 'Print what a task of the content pack in this folder is rendered to',
      load: async () => (await import('./trial/render.ts')).render,
    },
    {
      name: 'demo',
      summary: 'Show the providers at work at a development endpoint, and leave it running',
      load: async () => (await import('./demo/command.ts')).demo,
    },
    {
      name: 'conformance',
      summary: 'Check a provider executable against the protocol',
      load: async () => (await import('./commands/conformance.ts')).conformance,
    },
    {
      name: 'core0',
      summary: 'Container plugins of 0-core',
      load: async (): Promise<Group> => (await import('./commands/core0.ts')).core0,
    },
    {
      name: 'docker',
      summary: 'Plugins of Docker',
      load: async (): Promise<Group> => (await import('./commands/docker.ts')).docker,
    },
    {
      name: 'version',
      summary: 'Print the version of drpkit',
      load: async () => (await import('./commands/version.ts')).version,
    },
  ]),
  ...section('Content and files', [
    {
      name: 'contents',
      summary: 'Content packs, on disk and of the endpoint',
      load: async (): Promise<Group> => (await import('./contents/group.ts')).contents,
    },
    {
      name: 'catalog',
      summary: 'Catalogs of what can be installed: make one, look, download, install',
      load: async (): Promise<Group> => (await import('./catalog/group.ts')).catalog,
    },
    {
      name: 'files',
      summary: 'Files that the endpoint serves',
      load: async (): Promise<Group> => (await import('./commands/blobs.ts')).blobGroup('files'),
    },
    {
      name: 'isos',
      summary: 'Images that boot environments are made of',
      load: async (): Promise<Group> => (await import('./commands/blobs.ts')).blobGroup('isos'),
    },
  ]),
  ...section('Machines', [
    {
      name: 'fleet',
      summary: 'Run an action on many machines, so many at once, and keep what became of each',
      load: async () => (await import('./fleet/command.ts')).fleet,
    },
    {
      name: 'console',
      summary: 'Open the serial console of a machine',
      load: async () => (await import('./console/command.ts')).consoleCommand,
    },
  ]),
  ...section('An endpoint as a whole', [
    {
      name: 'info',
      summary: 'What the endpoint says of itself',
      load: async (): Promise<Group> => (await import('./commands/info.ts')).info,
    },
    {
      name: 'agent',
      summary: 'Run the tasks of this machine, for as long as it is up',
      load: async () => (await import('./agent/supervise.ts')).agent,
    },
    {
      name: 'system',
      summary: 'Actions of the endpoint as a whole',
      load: async (): Promise<Group> => (await import('./commands/system.ts')).system,
    },
    {
      name: 'prefs',
      summary: 'Preferences of the endpoint',
      load: async (): Promise<Group> => (await import('./commands/prefs.ts')).prefs,
    },
    {
      name: 'events',
      summary: 'Events of the endpoint',
      load: async (): Promise<Group> => (await import('./commands/events.ts')).events,
    },
    {
      name: 'logs',
      summary: 'The log of the endpoint',
      load: async (): Promise<Group> => (await import('./commands/logs.ts')).logs,
    },
    {
      name: 'objects',
      summary: 'The types of objects that the endpoint has',
      load: async (): Promise<Group> => (await import('./commands/prefixes.ts')).prefixes,
    },
    {
      name: 'support',
      summary: 'Archives for those who are to help',
      load: async (): Promise<Group> => (await import('./commands/support.ts')).support,
    },
    {
      name: 'debug',
      summary: 'Save what a dr-provision is doing inside, for those who develop it',
      load: async () => (await import('./commands/debug.ts')).debug,
    },
  ]),
  ...objects,
];

function section(name: string, own: readonly Omit<Entry, 'section'>[]): Entry[] {
  return own.map((entry) => ({ section: name, ...entry }));
}
