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
  /** A local address: any of 127.0.0.0/8, or ::1. */
  address?: string;
  /** UDP port; default: a free one. */
  port?: number;
  username?: string;
  password?: string;
  power?: 'on' | 'off';
  /** Local TCP port that represents the machine's serial port; default: none. */
  serialPort?: number;
}

/** Address and credentials of a BMC. */
export interface BmcAccess {
  address: string;
  port?: number;
  username: string;
  password: string;
}

/** Params for plugin ipmi of a machine with this BMC. */
export function bmcParams({ address, port, username, password }: BmcAccess): Record<string, unknown> {
  return {
    'ipmi/mode': 'ipmitool',
    'ipmi/address': address,
    'ipmi/port-ipmitool': port,
    'ipmi/username': username,
    'ipmi/password': password,
  };
}

/** A simulated BMC: an ipmi_sim process. It supports IPMI 2.0 with cipher suites 1 to 3, and refuses 17. */
export interface SimulatedBmc extends Readonly<Required<BmcAccess>> {
  /** The power state, from a separate ipmitool call. */
  power(): Promise<'on' | 'off'>;
  /** The boot device last set: `none`, `pxe`, `cdrom`, or `default` for the disk. */
  bootDevice(): Promise<string>;
  /** The seconds last set for the identify light; 0 is off. */
  identifySeconds(): Promise<number>;
  /** All changes that the BMC was told, in order: `power 1`, `boot pxe`, ... */
  changes(): Promise<string[]>;
  /** Delays all chassis commands, which blocks other requests as well. */
  setDelay(seconds: number): Promise<void>;
  /** Makes all chassis commands fail. */
  setFailing(failing: boolean): Promise<void>;
  /** Stops answering, like a hung BMC. */
  freeze(): void;
  thaw(): void;
  /** Ends the process and removes its files. */
  close(): Promise<void>;
}

/** Called by ipmi_sim as `chassis get NAME` and `chassis set NAME VALUE`. Each value is a file next to it. */
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
 * Starts ipmi_sim with a watcher that kills it and removes its folder when this process ends: file descriptor 3 is a
 * pipe without data that closes with this process.
 */
const START = '(read -r _; rm -rf "$PWD"; kill -s KILL -- -$$) <&3 & exec ipmi_sim "$@" 3<&-';

const START_LIMIT_MS = 60_000;

/** Starts a BMC and waits until it answers. Throws when ipmi_sim or ipmitool is missing, or the port is in use. */
export async function startBmc(options: BmcOptions = {}): Promise<SimulatedBmc> {
  const { address = '127.0.0.1', username = 'admin', password = 's3cr3t', power = 'off' } = options;
  const port = options.port ?? (await freePort(address));
  // Otherwise another BMC on the port could answer.
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
      // Renamed when complete, since it may be read at any time.
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
 * A UDP port that is free on `address`, outside of the range of ephemeral ports, which the system could give to
 * ipmitool's socket before it is used.
 */
export async function freePort(address: string): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(address, port)) return port;
  }
}

/** Whether the UDP port is free. */
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

/**
 * The format is described in ipmi_lan(5), except for `chassis_control`, which is in ipmi_sim's sample configuration.
 */
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
  // The system reports a closed port until ipmi_sim has bound it.
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

/** Reads the power state with ipmitool alone, independently of this package's code. */
async function readPower({ address, port, username, password }: SimulatedBmc): Promise<'on' | 'off'> {
  // More tries than usual, because the machine may be busy rather than the BMC.
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

/** Kills ipmi_sim, its children and the watcher, which exists even after ipmi_sim has ended. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group has ended.
  }
}
