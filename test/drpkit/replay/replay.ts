import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Running } from '../../endpoint/running-endpoint.ts';
import { until } from '../../support/until.ts';
import { type Outcome, Runner } from '../runner.ts';

/** Runs the command lines one after the other, at an endpoint that is what the recorded one was before. */
export async function replay(commands: readonly (readonly string[])[]): Promise<Outcome[]> {
  await using folder = await workFolder();
  await using running = await Running.open({ providers: PROVIDERS });
  const { url, token } = running.endpoint;
  using runner = new Runner({ RS_ENDPOINT: url, RS_TOKEN: token }, folder.path);
  for (const argv of BEFORE) {
    const { code, stderr } = await runner.run(argv);
    if (code !== 0) throw new Error(`the endpoint could not be made what the recorded one was: ${stderr}`);
  }
  await until(
    async () => (await runner.run(['system', 'action', 'incrstatus'])).code === 0,
    'the plugin incrementer has started',
  );
  const outcomes: Outcome[] = [];
  for (const argv of commands) outcomes.push(await runner.run(argv));
  return outcomes;
}

const PROVIDERS = Object.fromEntries(
  ['incrementer', 'ipmi', 'slack'].map((name) => [
    name,
    join(import.meta.dirname, '../../../cmd', name, 'main.ts'),
  ]),
);

const BEFORE: readonly (readonly string[])[] = [
  [
    'machines',
    'create',
    JSON.stringify({
      Name: 'm1.example.com',
      Params: {
        'detected-bios-mode': 'uefi',
        'incrementer/default': 48,
        'incrementer/touched': 6,
        'ipmi/address': '127.0.0.1',
        'ipmi/mode': 'ipmitool',
        'ipmi/port-ipmitool': 19623,
        'ipmi/username': 'admin',
      },
    }),
  ],
  ['machines', 'set', 'Name:m1.example.com', 'param', 'ipmi/password', 'to', '"secret"'],
  ['plugins', 'create', '{"Name": "incrementer", "Provider": "incrementer"}'],
  ['profiles', 'set', 'global', 'param', 'slack/bot-key', 'to', '"secret"'],
  ['extended', '-l', 'cows', 'create', '{"Id": "c1", "Type": "cows"}'],
];

/** Files that the commands name. */
const FILES: Readonly<Record<string, string>> = {
  'gxpack.json': JSON.stringify({
    meta: { Name: 'gxpack', Version: 'v1.2.3' },
    sections: { params: { 'gxpack/p': { Name: 'gxpack/p', Schema: { type: 'string' } } } },
  }),
  'badpack.json': JSON.stringify({
    meta: { Name: 'gxbad', Version: 'v1.2.3' },
    sections: { params: { 'gxbad/p': { Name: 'gxbad/p', Schema: { type: 'nonsense' } } } },
  }),
  'notaplugin.sh': '#!/bin/sh\necho no\n',
};

async function workFolder() {
  const path = await mkdtemp(join(tmpdir(), 'replay-'));
  await mkdir(join(path, 'work'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(path, 'work', name), text);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
