import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.ts';

const run = promisify(execFile);

/** Where scripts/prepare unpacks Open vSwitch: installing it would start its services. */
const UNPACKED = join(import.meta.dirname, '../../.build/debian');
const SCHEMA = 'usr/share/openvswitch/vswitch.ovsschema';

/** A database server of Open vSwitch, without the switch: changes are stored, and no network is touched. */
export interface Ovsdb extends AsyncDisposable {
  /** What a process needs in its environment to use it by cmd/ovs. */
  env: { PATH: string; OVS_DB: string; OVS_NO_WAIT: '1' };
  /** What `ovs-vsctl` itself says. */
  vsctl(...args: string[]): Promise<string>;
}

/** Why there is no Open vSwitch for tests; undefined when there is. */
export function missingOvsdb(): string | undefined {
  return rootOf() === undefined
    ? 'Open vSwitch is missing: scripts/prepare gets it where apt-get is'
    : undefined;
}

function rootOf(): string | undefined {
  return [UNPACKED, '/'].find(
    (root) => existsSync(join(root, SCHEMA)) && existsSync(join(root, 'usr/sbin/ovsdb-server')),
  );
}

/**
 * The programs of the unpacked packages find their libraries by this. A script each, because what is tested hands no more
 * than PATH on.
 */
async function linked(root: string, folder: string): Promise<void> {
  const libraries = (await readdir(join(root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'));
  const path = libraries.map((name) => join(root, 'usr/lib', name)).join(delimiter);
  for (const program of ['usr/bin/ovs-vsctl', 'usr/bin/ovsdb-tool', 'usr/sbin/ovsdb-server']) {
    const script = `#!/bin/sh\nLD_LIBRARY_PATH='${path}' exec '${join(root, program)}' "$@"\n`;
    await writeFile(join(folder, basename(program)), script, { mode: 0o755 });
  }
}

export async function startOvsdb(): Promise<Ovsdb> {
  const root = rootOf();
  if (root === undefined) throw new Error(missingOvsdb());
  const folder = await mkdtemp(join(tmpdir(), 'ovsdb-'));
  await linked(root, folder);
  const PATH = [folder, process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH };
  const database = join(folder, 'conf.db');
  await run('ovsdb-tool', ['create', database, join(root, SCHEMA)], { env });
  const socket = join(folder, 'db.sock');
  const server = spawn(
    'ovsdb-server',
    [
      database,
      `--remote=punix:${socket}`,
      `--unixctl=${join(folder, 'ctl')}`,
      `--log-file=${join(folder, 'log')}`,
    ],
    { env, stdio: 'ignore' },
  );
  await until(() => existsSync(socket), 'ovsdb-server to listen');
  const ovs = { PATH, OVS_DB: `unix:${socket}`, OVS_NO_WAIT: '1' } as const;
  const vsctl = async (...args: string[]) => {
    const { stdout } = await run('ovs-vsctl', ['--no-wait', `--db=${ovs.OVS_DB}`, ...args], { env });
    return stdout.trim();
  };
  await vsctl('init');
  return {
    env: ovs,
    vsctl,
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
