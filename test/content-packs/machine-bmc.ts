import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/ipmi-simulator.ts';
import { IPMITOOL_HOME } from '../support/ipmitool-home.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** The BMC of a machine, simulated by ipmi_sim, whose LAN channel can be set up. */
export interface MachineBmc {
  port: number;
  /** Where it keeps its LAN settings, in files `lan.NAME`. */
  folder: string;
  /** What the BMC has now of `ip_addr`, `ip_addr_src`, `subnet_mask`, `default_gw_ip_addr` or `mac_addr`. */
  lan(name: string): Promise<string>;
  /** Runs ipmitool with a user of the BMC; fails when the BMC refuses it. */
  ipmitool(username: string, password: string, ...args: string[]): Promise<string>;
  close(): Promise<void>;
}

export interface MachineBmcOptions {
  /** IANA number of the maker, which the table of quirks knows. */
  manufacturer?: number;
  lan?: Record<string, string>;
}

export const ADMIN = { username: 'admin', password: 's3cr3t' };

const LAN = {
  ip_addr: '10.0.0.5',
  ip_addr_src: 'static',
  mac_addr: '02:00:00:aa:bb:cc',
  subnet_mask: '255.255.255.0',
  default_gw_ip_addr: '10.0.0.1',
  default_gw_mac_addr: '00:00:00:00:00:00',
  backup_gw_ip_addr: '0.0.0.0',
  backup_gw_mac_addr: '00:00:00:00:00:00',
};

/** What ipmi_sim calls to read and to change the LAN settings; each is a file beside it (see ipmi_sim_lancontrol). */
const LAN_CONTROL = `#!/bin/sh
cd "\${0%/*}" || exit 1
shift
case $1 in
get) shift; for name; do read -r value < "lan.$name"; echo "$name:$value"; done ;;
set) shift; while [ $# -ge 2 ]; do echo "$2" > "lan.$1"; shift 2; done ;;
esac
`;

/** Under a watcher that ends it with this process: descriptor 3 is a pipe that is never written to. */
const START = '(read -r _; kill -s KILL -- -$$) <&3 & exec ipmi_sim "$@" 3<&-';

/** Starts a BMC with an administrator (ADMIN) in slot 2, and waits until it answers. */
export async function startMachineBmc(options: MachineBmcOptions = {}): Promise<MachineBmc> {
  const folder = await mkdtemp(join(tmpdir(), 'lan-bmc-'));
  const port = await freePort('127.0.0.1');
  const auths = 'none md2 md5 straight';
  const write = (name: string, text: string, mode = 0o644) => writeFile(join(folder, name), text, { mode });
  await Promise.all([
    write('lancontrol', LAN_CONTROL, 0o755),
    ...Object.entries({ ...LAN, ...options.lan }).map(([name, value]) => write(`lan.${name}`, value)),
    write(
      'lan.conf',
      [
        'name "bmc"',
        'set_working_mc 0x20',
        'startlan 1',
        `addr 127.0.0.1 ${port}`,
        'priv_limit admin',
        ...['callback', 'user', 'operator', 'admin'].map((level) => `allowed_auths_${level} ${auths}`),
        'guid 6e70311c306245f1835c92541bc9cbd4',
        `lan_config_program "${join(folder, 'lancontrol')} bmc0"`,
        'endlan',
        `user 1 true "" "" user 10 none md2 md5 straight`,
        `user 2 true "${ADMIN.username}" "${ADMIN.password}" admin 10 ${auths}`,
        '',
      ].join('\n'),
    ),
    write(
      'sim.emu',
      `mc_setbmc 0x20\nmc_add 0x20 0x20 no-device-sdrs 0x03 9 8 0x9f ${options.manufacturer ?? 0x1291} 0x100\nmc_enable 0x20\n`,
    ),
  ]);
  const child = spawn(
    '/bin/sh',
    ['-c', START, 'ipmi_sim', '-c', 'lan.conf', '-f', 'sim.emu', '-s', folder, '-n'],
    { cwd: folder, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const bmc: MachineBmc = {
    port,
    folder,
    lan: async (name) => (await readFile(join(folder, `lan.${name}`), 'utf8')).trim(),
    ipmitool: async (username, password, ...args) => {
      const login = `-I lanplus -C 3 -N 1 -R 1 -H 127.0.0.1 -p ${port} -E -U`.split(' ');
      const env = { PATH: process.env.PATH, HOME: IPMITOOL_HOME, IPMI_PASSWORD: password };
      return (await run('ipmitool', [...login, username, ...args], { env, timeout: 30_000 })).stdout;
    },
    close: async () => {
      end(child);
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await until(
      () => bmc.ipmitool(ADMIN.username, ADMIN.password, 'mc', 'info').then(Boolean, () => false),
      'a BMC',
    );
  } catch (error) {
    await bmc.close();
    throw error;
  }
  return bmc;
}

function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
