import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { emulation } from './ipmi-emulation.ts';

export interface BmcOptions {
  /** An address of this host: anything in 127.0.0.0/8, or ::1. */
  address?: string;
  /** UDP port; a free one unless given. */
  port?: number;
  username?: string;
  password?: string;
  power?: 'on' | 'off';
  /** TCP port of this host that is the machine's serial port; none unless given. */
  serialPort?: number;
}

/** How a BMC is reached. */
export interface BmcAccess {
  address: string;
  port?: number;
  username: string;
  password: string;
}

/** The params of a machine with this BMC, for plugin ipmi. */
export function bmcParams({ address, port, username, password }: BmcAccess): Record<string, unknown> {
  return {
    'ipmi/mode': 'ipmitool',
    'ipmi/address': address,
    'ipmi/port-ipmitool': port,
    'ipmi/username': username,
    'ipmi/password': password,
  };
}

/** One simulated BMC: an ipmi_sim process. It speaks IPMI 2.0 with cipher suites 1 to 3, and refuses 17. */
export interface SimulatedBmc extends Readonly<Required<BmcAccess>> {
  /** The power state, asked by an ipmitool call of the simulator's own. */
  power(): Promise<'on' | 'off'>;
  /** The boot device that the BMC was last told: `none`, `pxe`, `cdrom`, or `default`, which is the disk. */
  bootDevice(): Promise<string>;
  /** Seconds that the identify light was last told to be on; 0 is off. */
  identifySeconds(): Promise<number>;
  /** What the BMC was told to change, in order: `power 1`, `boot pxe`, ... */
  changes(): Promise<string[]>;
  /** From now on whatever has to do with the chassis takes so long, and holds up everything else that it is asked. */
  setDelay(seconds: number): Promise<void>;
  /** From now on whatever has to do with the chassis fails, until told otherwise. */
  setFailing(failing: boolean): Promise<void>;
  /** Stops answering, as a hung BMC does. */
  freeze(): void;
  thaw(): void;
  /** Ends the process and removes what it left on disk. */
  close(): Promise<void>;
}

/** Called by ipmi_sim as `chassis get NAME` and `chassis set NAME VALUE`; each value is a file beside it. */
const CHASSIS = `#!/bin/sh
cd "\${0%/*}" || exit 1
sleep "$(cat delay)"
[ -e failing ] && exit 1
case $1 in
get) echo "$2:$(cat "$2")" ;;
set) echo "$3" > "$2.new" && mv "$2.new" "$2" && echo "$2 $3" >> changes ;;
esac
`;

/**
 * Starts ipmi_sim under a watcher that kills it, and removes its folder, when this process is gone: file descriptor 3
 * is a pipe that is never written to, and which ends with this process.
 */
const START = '(read -r _; rm -rf "$PWD"; kill -s KILL -- -$$) <&3 & exec ipmi_sim "$@" 3<&-';

const START_LIMIT_MS = 60_000;

/** Starts a BMC and waits until it answers. Throws when ipmi_sim or ipmitool are missing, or the port is taken. */
export async function startBmc(options: BmcOptions = {}): Promise<SimulatedBmc> {
  const { address = '127.0.0.1', username = 'admin', password = 's3cr3t', power = 'off' } = options;
  const port = options.port ?? (await freePort(address));
  // Else whoever has it would answer, and be taken for the new one.
  if (!(await isFree(address, port))) throw new Error(`port ${port} of ${address} is taken`);
  const folder = await mkdtemp(join(tmpdir(), 'bmc-'));
  const write = (name: string, contents: string) => writeFile(join(folder, name), contents);
  const read = async (name: string) => (await readFile(join(folder, name), 'utf8')).trim();
  const config = configuration({ ...options, address, port, username, password }, join(folder, 'chassis'));
  await Promise.all([
    writeFile(join(folder, 'chassis'), CHASSIS, { mode: 0o755 }),
    write('lan.conf', config),
    write('sim.emu', emulation()),
    write('power', power === 'on' ? '1' : '0'),
    ...['boot', 'identify', 'delay', 'changes'].map((name) => write(name, INITIAL[name] ?? '')),
  ]);

  const args = ['-c', 'lan.conf', '-f', 'sim.emu', '-s', folder, '-n'];
  const child = spawn('/bin/sh', ['-c', START, 'ipmi_sim', ...args], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const bmc: SimulatedBmc = {
    address,
    port,
    username,
    password,
    power: () => readPower(bmc),
    bootDevice: () => read('boot'),
    identifySeconds: async () => Number((await read('identify')).split(' ')[0]),
    changes: async () => (await read('changes')).split('\n').filter(Boolean),
    setDelay: async (seconds) => {
      // Moved into place as a whole: it may be read at any time.
      await write('delay.new', String(seconds));
      await rename(join(folder, 'delay.new'), join(folder, 'delay'));
    },
    setFailing: (failing) => (failing ? write('failing', '') : rm(join(folder, 'failing'), { force: true })),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    close: async () => {
      killGroup(child);
      await ended;
      for (const stream of child.stdio) stream?.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await answering(bmc, child, () => stderr);
    await bmc.power();
    return bmc;
  } catch (error) {
    await bmc.close();
    throw error;
  }
}

const INITIAL: Record<string, string> = { boot: 'none', identify: '0 0', delay: '0', changes: '' };

/**
 * A UDP port that is free on `address` now. It is none of those which the system gives to clients by itself: ipmitool's
 * own socket could have it by the time that it is wanted.
 */
export async function freePort(address: string): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(address, port)) return port;
  }
}

/** Whether this UDP port is free. */
export async function isFree(address: string, port: number): Promise<boolean> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.bind(port, address);
  try {
    await once(socket, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

/** The format is described in ipmi_lan(5); `chassis_control` only in the configuration that comes with it. */
function configuration(options: BmcOptions, chassis: string): string {
  const { address, port, username, password, serialPort } = options;
  const auths = 'none md2 md5 straight';
  return [
    'name "bmc"',
    'set_working_mc 0x20',
    'startlan 1',
    `addr ${address} ${port}`,
    'priv_limit admin',
    ...['callback', 'user', 'operator', 'admin'].map((level) => `allowed_auths_${level} ${auths}`),
    'guid 6e70311c306245f1835c92541bc9cbd3',
    'endlan',
    `chassis_control "${chassis}"`,
    ...(serialPort === undefined ? [] : [`sol "tcp:127.0.0.1:${serialPort}" 115200`]),
    'user 1 true "" "" user 10 none md2 md5 straight',
    `user 2 true "${username}" "${password}" admin 10 ${auths}`,
    '',
  ].join('\n');
}

/** Waits until the BMC answers an RMCP presence ping. */
async function answering(bmc: SimulatedBmc, child: ChildProcess, stderr: () => string): Promise<void> {
  const ping = Buffer.from('06 00 ff 06 00 00 11 be 80 00 00 00'.replaceAll(' ', ''), 'hex');
  const socket = createSocket(isIPv6(bmc.address) ? 'udp6' : 'udp4');
  let answered = false;
  socket.on('message', () => {
    answered = true;
  });
  // Until the port is bound, the system answers that the port is closed.
  socket.on('error', () => {});
  try {
    for (const end = Date.now() + START_LIMIT_MS; !answered; ) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`ipmi_sim ended at its start: ${stderr().trim() || 'no reason given'}`);
      }
      if (Date.now() > end) throw new Error(`ipmi_sim does not answer on ${bmc.address} port ${bmc.port}`);
      socket.send(ping, bmc.port, bmc.address);
      await delay(20);
    }
  } finally {
    socket.close();
  }
}

/** Asks with ipmitool and nothing of ours in between. */
async function readPower({ address, port, username, password }: SimulatedBmc): Promise<'on' | 'off'> {
  // More tries than usual: on a machine that has much to do, it is not the BMC that is slow.
  const args = `-I lanplus -C 3 -N 1 -R 8 -H ${address} -p ${port} -E chassis power status`.split(' ');
  const { PATH } = process.env;
  const { stdout } = await promisify(execFile)('ipmitool', ['-U', username, ...args], {
    env: { PATH, IPMI_PASSWORD: password },
    timeout: 90_000,
  });
  const state = /^Chassis Power is (on|off)$/m.exec(stdout)?.[1];
  if (state !== 'on' && state !== 'off') throw new Error(`ipmitool said ${stdout}`);
  return state;
}

/** Kills ipmi_sim, what it runs, and the watcher, which is there even when ipmi_sim has ended by itself. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
