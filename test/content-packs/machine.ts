import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { IPMITOOL_HOME } from '../support/ipmitool-home.ts';
import { ADMIN, type MachineBmc } from './machine-bmc.ts';
import { MACHINE, type TaskRenderer } from './renderer.ts';

/** A run of a task on a machine. */
export interface TaskRun {
  /** Exit code; 0 is success. */
  code: number | null;
  /** What would be in the job's log: standard output and standard error. */
  log: string;
}

/** A machine on which tasks run, with stand-ins for drpcli and other programs that record how they were called. */
export interface TestMachine {
  /** The machine's params as they are now. Secret ones look like any other. */
  params(): Promise<Record<string, unknown>>;
  setParams(params: Record<string, unknown>): Promise<void>;
  /** The reservation of `address` in the endpoint's DHCP server. */
  reservation(address: string): Promise<Record<string, unknown>>;
  setReservation(reservation: { Addr: string } & Record<string, unknown>): Promise<void>;
  /** What `drpcli machines runaction` answers for action `name`. */
  setAction(name: string, answer: unknown): Promise<void>;
  /** Makes `program` on the machine run `script` (sh). Its calls are recorded. */
  install(program: string, script: string): Promise<void>;
  /** Makes ipmitool fail for commands that begin with `command`. */
  failIpmitool(command: string): Promise<void>;
  /** A PATH with the stand-ins and, of this host, nothing but `programs`. */
  onlyPrograms(programs: string[]): Promise<string>;
  /** The text of a file in the folder that stand-ins know as `$MACHINE`. */
  file(name: string): Promise<string>;
  writeFile(name: string, text: string): Promise<void>;
  /** Each call of a stand-in so far: its name and arguments, separated by spaces. */
  calls(): Promise<string[]>;
  /** Renders `task` for the machine's params and runs it as the runner of drpcli does. */
  run(task: string, env?: Record<string, string>): Promise<TaskRun>;
  close(): Promise<void>;
}

const RECORD = `printf '%s\\n' "\${0##*/} $*" >> "$MACHINE/calls"\n`;

/**
 * As drpcli for a machine whose params are files with JSON in them, and reservations likewise. Starts as few programs as it
 * can: tasks call it often. Whether what it is given is JSON shows when the task has ended.
 */
const DRPCLI = `
set -e
case "$1 $2" in
"machines set") [ "$6" = to ]; [ -d "$MACHINE/params/\${5%/*}" ] || mkdir -p "$MACHINE/params/\${5%/*}"
  if [ "$7" = - ]; then cat; else printf '%s' "$7"; fi > "$MACHINE/params/$5.json"; cat "$MACHINE/params/$5.json" ;;
"machines get") for from in params defaults; do
    [ ! -e "$MACHINE/$from/$5.json" ] || exec cat "$MACHINE/$from/$5.json"
  done; echo null ;;
"machines remove") rm "$MACHINE/params/$5.json" ;;
"machines addprofile" | "machines removeprofile" | "machines inserttask") echo '{}' ;;
"machines runaction") cat "$MACHINE/action-$4" ;;
"reservations show") cat "$MACHINE/reservation-$3" ;;
"reservations create") cat > "$MACHINE/value"; cp "$MACHINE/value" "$MACHINE/reservation-$(jq -r .Addr < "$MACHINE/value")" ;;
*) echo "drpcli: no stand-in for $*" >&2; exit 1 ;;
esac
`;

/**
 * Gives `machine` a BMC: ipmitool reaches it as an administrator, over the network in place of the kernel's driver.
 * `answers` are what ipmitool prints for commands that the simulated BMC does not know.
 */
export async function connectBmc(
  machine: TestMachine,
  bmc: MachineBmc,
  answers: Record<string, string> = {},
): Promise<void> {
  const known = Object.entries(answers).map(
    ([command, answer]) => `[ "$*" != '${command}' ] || { printf '%s' '${answer}'; exit; }\n`,
  );
  const login = `-I lanplus -C 3 -N 1 -R 3 -H 127.0.0.1 -p ${bmc.port} -U ${ADMIN.username} -E`;
  const call = `PATH="\${PATH#*:}" IPMI_PASSWORD=${ADMIN.password} exec ipmitool ${login} "$@"`;
  await machine.install('ipmitool', known.join('') + call);
}

/** Makes a machine with `params`. Programs that would take long or change this host have stand-ins from the start. */
export async function startMachine(
  tasks: TaskRenderer,
  params: Record<string, unknown> = {},
): Promise<TestMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'machine-'));
  const programs = join(folder, 'bin');
  await mkdir(programs);
  await writeParams(join(folder, 'defaults'), tasks.withDefaults({}));
  await writeParams(join(folder, 'params'), params);
  const machine: TestMachine = {
    params: async () => {
      const files = await readdir(join(folder, 'params'), { recursive: true });
      const names = files.filter((file) => file.endsWith('.json'));
      const entries = names.map(async (name) => {
        const value: unknown = JSON.parse(await readFile(join(folder, 'params', name), 'utf8'));
        return [name.slice(0, -'.json'.length), value];
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    setParams: (given) => writeParams(join(folder, 'params'), given),
    reservation: async (address) =>
      JSON.parse(await readFile(join(folder, `reservation-${address}`), 'utf8')),
    setReservation: (reservation) =>
      writeFile(join(folder, `reservation-${reservation.Addr}`), JSON.stringify(reservation)),
    setAction: (name, answer) => writeFile(join(folder, `action-${name}`), JSON.stringify(answer)),
    install: async (program, script) => {
      const file = join(programs, program);
      await writeFile(file, `#!/bin/sh\n${RECORD}${script}\n`);
      await chmod(file, 0o755);
    },
    failIpmitool: async (command) => {
      const file = join(programs, 'ipmitool');
      const [head = '', record = '', ...rest] = (await readFile(file, 'utf8')).split('\n');
      const failing = `case "$*" in "${command}"*) exit 1 ;; esac`;
      await writeFile(file, [head, record, failing, ...rest].join('\n'));
    },
    onlyPrograms: async (names) => {
      const chosen = join(folder, 'chosen');
      await mkdir(chosen);
      for (const name of names) {
        const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v "$0"', name]);
        await symlink(stdout.trim(), join(chosen, name));
      }
      return `${programs}:${chosen}`;
    },
    file: (name) => readFile(join(folder, name), 'utf8'),
    writeFile: async (name, contents) => {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), contents);
    },
    calls: async () => lines(await readFile(join(folder, 'calls'), 'utf8').catch(() => '')),
    run: async (task, env = {}) => {
      const job = await mkdtemp(join(folder, 'job-'));
      const rendered = tasks.render(task, await machine.params());
      let log = '';
      for (const { Name, Path, Contents } of rendered) {
        if (Path !== '') {
          await writeFile(join(job, Path), Contents);
          continue;
        }
        const script = join(job, `${task}-${Name}`);
        await writeFile(script, Contents, { mode: 0o700 });
        const child = spawn(script, {
          cwd: job,
          stdio: ['ignore', 'pipe', 'pipe'],
          env: {
            ...process.env,
            HOME: IPMITOOL_HOME,
            PATH: `${programs}:${process.env.PATH}`,
            MACHINE: folder,
            RS_UUID: MACHINE.Uuid,
            RS_ENDPOINT: 'https://127.0.0.1:8092',
            RS_TOKEN: 'token',
            RS_TASK_DIR: job,
            no_proxy: '127.0.0.1',
            ...env,
          },
        });
        const ended = new Promise<number | null>((resolve, reject) => {
          child.once('error', reject).once('close', resolve);
        });
        const [out, error, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
        log += out + error;
        const left = (await readdir(job)).filter((name) => name.endsWith('.secret'));
        if (left.length > 0) throw new Error(`${task} left secrets behind: ${left.join(', ')}`);
        await machine.params();
        if (code !== 0) return { code, log };
      }
      return { code: 0, log };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
  await machine.install('drpcli', DRPCLI);
  await machine.install('sleep', '');
  await machine.install('modprobe', 'exit 1');
  await machine.install('dmidecode', 'echo "Example Corp"');
  return machine;
}

async function writeParams(folder: string, params: Record<string, unknown>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, value] of Object.entries(params)) {
    const file = join(folder, `${name}.json`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(value));
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
