import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../../../lib/api/index.ts';
import { startEndpoint } from '../../../lib/endpoint/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { logText } from '../commands/log-text.ts';
import { type SimulatedBmc, startBmc } from './ipmi-simulator.ts';

/** The environment of the demo. Disposing of it stops everything and removes all files. */
export interface Stage extends AsyncDisposable {
  api: Client;
  bmc: SimulatedBmc;
  /** URL, user and password of the endpoint. */
  url: string;
  user: string;
  password: string;
}

const PROVIDERS = ['incrementer', 'ipmi'];

/** Starts everything and reports it. `folder` contains the executables. Throws ModelError 400 when one is missing. */
export async function openStage(
  folder: string,
  out: { say(line: string): Promise<void>; log?: (line: string) => void },
): Promise<Stage> {
  await using cleanup = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'drp-demo-'));
  cleanup.defer(() => rm(root, { recursive: true, force: true }));
  const plugins = join(root, 'plugins');
  await mkdir(plugins);
  for (const name of PROVIDERS) {
    await copyFile(join(folder, name), join(plugins, name)).catch(() => {
      throw new ModelError(400, `plugins: no executable ${name} in ${folder}: scripts/build makes them`);
    });
  }
  const bmc = await startBmc({ address: '127.0.0.1' });
  cleanup.defer(() => bmc.close());
  await out.say(`\nA simulated BMC (ipmi_sim) listens on ${bmc.address}, UDP port ${bmc.port}.`);
  await out.say(`${PROVIDERS.length} executables are in the plugins folder ${plugins}.`);

  const endpoint = await startEndpoint({
    root,
    port: 0,
    staticPort: 0,
    onLog: (line) => out.log?.(logText(line)),
  });
  cleanup.defer(() => endpoint.close());
  await endpoint.ready;
  const { url, user, token, password = '' } = endpoint;
  const api = new Client({ endpoint: url, token });
  cleanup.defer(() => api.close());
  await out.say(`The development endpoint serves ${url}. It found these providers:\n`);
  const open = cleanup.move();
  return { api, bmc, url, user, password, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
