import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Running } from '../endpoint/running-endpoint.ts';
import { execSource } from '../support/quick-start.ts';

const PLUGIN = resolve(import.meta.dirname, '../endpoint/host-plugin.ts');

const PARAMS = {
  text: { Description: 'Some ``text``', Schema: { type: 'string', maxLength: 20 } },
  count: {
    Description: 'How often',
    Schema: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
    Documentation: 'A *whole* number.\n\n- from 1\n- to 9\n',
  },
  flag: { Description: 'Whether', Schema: { type: 'boolean' } },
  mode: { Description: 'Which way', Schema: { type: 'string', enum: ['fast', 'safe'] } },
  password: { Description: 'A secret', Secure: true, Schema: { type: 'string' } },
  labels: {
    Description: 'Labels of anything',
    Schema: { type: 'object', properties: { color: { type: 'string' }, size: { type: 'integer' } } },
  },
  ports: { Description: 'Ports', Schema: { type: 'array', items: { type: 'integer' } } },
  ms: { Description: 'Milliseconds', Schema: { type: 'integer' } },
  delay: { Description: 'Milliseconds that a start takes', Schema: { type: 'integer', minimum: 0 } },
  stop: { Description: 'How it stops', Schema: { type: 'string', enum: ['rude', 'hang'] } },
  config: { Description: 'How it starts', Schema: { type: 'string' } },
};

const CONTENT = {
  meta: { Name: 'gopher', Description: 'A provider as those in Go are' },
  sections: {
    params: Object.fromEntries(Object.entries(PARAMS).map(([Name, param]) => [Name, { Name, ...param }])),
    tasks: Object.fromEntries(
      ['inventory', 'raid', 'packages', 'users'].map((Name) => [
        Name,
        { Name, Templates: [{ Name: 'script', Contents: '#!/bin/sh\n' }] },
      ]),
    ),
    stages: {
      discover: { Name: 'discover', Tasks: ['inventory'] },
      install: { Name: 'install', Tasks: ['raid', 'packages', 'users'] },
    },
    workflows: { base: { Name: 'base', Stages: ['discover', 'install'] } },
  },
};

const action = (Command: string, Model: string, RequiredParams: string[], OptionalParams: string[]) => ({
  Provider: 'gopher',
  Model,
  Command,
  RequiredParams,
  OptionalParams,
});

const DEFINITION = {
  Name: 'gopher',
  Version: 'v1.2.3',
  PluginVersion: 4,
  AutoStart: false,
  HasPublish: true,
  Meta: {},
  AvailableActions: [
    action('echo', 'machines', ['text'], ['count', 'flag', 'mode', 'password', 'labels', 'ports']),
    action('error', 'machines', [], []),
    action('slow', 'machines', ['ms'], []),
    action('hang', 'machines', [], []),
    action('die', 'machines', [], []),
    action('events', 'system', [], []),
    action('process', 'plugins', [], []),
  ],
  RequiredParams: [],
  OptionalParams: ['delay', 'stop', 'config', 'password'],
  StoreObjects: {},
  Documentation: [
    'Gopher',
    '======',
    '',
    'It is **slow**, see `its home <https://example.com/gopher>`_.',
    '',
    '- starts after a while',
    '- ends without an answer',
    '',
    '::',
    '',
    '  drpcli plugins create gopher',
    '',
  ].join('\n'),
  Content: JSON.stringify(CONTENT),
};

/** An endpoint with a provider `gopher`, whose plugins are as those in Go are: slow to start, and gone at a stop. */
export async function startScene(): Promise<{ running: Running; user: string; password: string }> {
  const root = await mkdtemp(join(tmpdir(), 'inspector-'));
  await mkdir(join(root, 'plugins'));
  const script = [
    '#!/bin/sh',
    'unset NODE_V8_COVERAGE',
    'case $1 in',
    `define) cat <<'END'\n${JSON.stringify(DEFINITION)}\nEND\n;;`,
    `listen) ${execSource(PLUGIN, 'normal')} ;;`,
    'esac',
  ];
  await writeFile(join(root, 'plugins', 'gopher'), `${script.join('\n')}\n`, { mode: 0o755 });
  const running = await Running.open({ root });
  const { user, password = '' } = running.endpoint;
  await running.ok('POST', 'plugins', {
    Name: 'gopher',
    Provider: 'gopher',
    Params: { delay: 100, stop: 'rude' },
  });
  await running.ok('POST', 'plugins', { Name: 'doomed', Provider: 'gopher', Params: { config: 'die' } });
  return { running, user, password };
}
