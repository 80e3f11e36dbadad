import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, rmdir, symlink } from 'node:fs/promises';
import { request } from 'node:http';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** Where scripts/prepare unpacks Docker: installing it would start it as a service. */
const UNPACKED = join(import.meta.dirname, '../../.build/debian');
const FOLDERS = ['usr/sbin', 'usr/bin', 'sbin', 'bin'].flatMap((folder) => [
  join(UNPACKED, folder),
  join('/', folder),
]);
const PROGRAMS = ['dockerd', 'docker', 'containerd', 'runc', 'busybox'];
const NAMESPACES = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Why there is no dockerd for tests; undefined when there is. Says which call the kernel refuses. */
export async function missingDockerd(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'dockerd runs on Linux';
  if (process.getuid?.() !== 0) return 'not root: dockerd needs namespaces and mounts';
  const missing = PROGRAMS.find((name) => programAt(name) === undefined);
  if (missing !== undefined) return `${missing} is missing: scripts/prepare gets it where apt-get is`;
  try {
    await run('unshare', [...NAMESPACES, 'sh', '-c', 'mount --make-rprivate / && mount -t tmpfs tmpfs /run']);
    return undefined;
  } catch (error) {
    return `the kernel refuses a namespace: ${error instanceof Error ? error.message : error}`;
  }
}

function programAt(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * A dockerd in namespaces of its own: nothing of the machine's network, mounts and processes is touched, and all of it ends
 * with them. Its folder for sockets of plugins is seen from outside as `plugins`.
 */
export class Dockerd implements AsyncDisposable {
  readonly folder: string;
  readonly plugins: string;
  readonly #namespaces: ChildProcess;
  #daemon: ChildProcess | undefined;
  #log = '';

  private constructor(folder: string, namespaces: ChildProcess) {
    this.folder = folder;
    this.plugins = join(folder, 'run/plugins');
    this.#namespaces = namespaces;
  }

  /** The namespaces, where plugins can be started; dockerd comes with `restart`. */
  static async prepare(): Promise<Dockerd> {
    // Short, because containerd makes paths of sockets from it.
    const folder = await mkdtemp('/tmp/dockerd-');
    await mkdir(join(folder, 'run/plugins'), { recursive: true });
    // /run of its own, because dockerd and runc look there for the machine's services. A process 1 has to wait for others.
    const script = `set -e
      mount --make-rprivate /
      mount -t tmpfs tmpfs /run
      mkdir /run/docker
      mount --bind '${folder}/run' /run/docker
      touch '${folder}/ready'
      sleep infinity & wait $!`;
    const namespaces = spawn('unshare', [...NAMESPACES, 'sh', '-c', script], { stdio: 'inherit' });
    const dockerd = new Dockerd(folder, namespaces);
    await until(() => existsSync(join(folder, 'ready')), 'namespaces');
    return dockerd;
  }

  /** Starts a program where dockerd is. */
  spawn(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    const ns = `/proc/${this.#namespaces.pid}/ns`;
    const into = [`--mount=${ns}/mnt`, `--net=${ns}/net`, `--pid=${ns}/pid_for_children`];
    // nsenter waits for it; --no-fork would leave the process outside of the namespace of processes.
    return spawn('nsenter', [...into, program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Kills dockerd, if it runs, and starts it anew. Returns when it answers. */
  async restart(options: readonly string[]): Promise<void> {
    await this.kill();
    const { folder } = this;
    const args = [
      ...['-H', `unix://${folder}/docker.sock`, '--data-root', `${folder}/data`],
      ...['--exec-root', `${folder}/exec`, '--pidfile', `${folder}/docker.pid`],
      ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--ip-forward=false', '--ip-masq=false'],
      ...['--storage-driver=vfs', `--cgroup-parent=${this.#cgroup}`],
      ...options,
    ];
    this.#daemon = this.spawn('dockerd', args, this.#environment);
    for (const stream of [this.#daemon.stdout, this.#daemon.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    await until(() => this.#answers(), 'dockerd to answer').catch((cause: unknown) => {
      throw new Error(`dockerd does not answer: ${this.#log.slice(-3000)}`, { cause });
    });
  }

  async kill(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon?.exitCode !== null) return;
    const ended = new Promise((done) => daemon.once('close', done));
    await this.inside('sh', ['-c', `kill -9 $(cat '${this.folder}/docker.pid')`]);
    await ended;
    await rm(join(this.folder, 'docker.pid'), { force: true });
    await rm(join(this.folder, 'docker.sock'), { force: true });
  }

  /** Runs a program where dockerd is, and returns what it prints. */
  async inside(program: string, args: readonly string[]): Promise<string> {
    const child = this.spawn(program, args, this.#environment);
    const [stdout, stderr] = await Promise.all(
      [child.stdout, child.stderr].map(async (stream) =>
        (await stream?.setEncoding('utf8').toArray())?.join(''),
      ),
    );
    if (stderr) throw new Error(stderr);
    return stdout ?? '';
  }

  /** Runs `docker`, and returns what it prints. Rejects with an Error that has its stderr. */
  async docker(...args: string[]): Promise<string> {
    const { stdout } = await run(programAt('docker') ?? 'docker', args, {
      env: { ...this.#environment, DOCKER_HOST: `unix://${this.folder}/docker.sock`, HOME: this.folder },
      timeout: 120_000,
    });
    return stdout.trim();
  }

  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.docker(...args));
  }

  get #environment(): NodeJS.ProcessEnv {
    const PATH = [...FOLDERS, process.env.PATH].join(delimiter);
    const libraries = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((name) => [
      join(UNPACKED, 'usr/lib', name),
      join(UNPACKED, 'lib', name),
    ]);
    return { PATH, LD_LIBRARY_PATH: libraries.join(delimiter) };
  }

  get #cgroup(): string {
    return `drp-test-${process.pid}`;
  }

  /** Makes an image `box` that has busybox. */
  async importBox(): Promise<void> {
    const image = join(this.folder, 'image');
    await mkdir(join(image, 'bin'), { recursive: true });
    await cp(programAt('busybox') ?? '', join(image, 'bin/busybox'));
    for (const name of ['sh', 'cat', 'echo', 'sleep', 'dd'])
      await symlink('busybox', join(image, 'bin', name));
    const archive = join(this.folder, 'image.tar');
    await run('tar', ['-C', image, '-cf', archive, '.']);
    await this.docker('import', archive, 'box');
  }

  #answers(): Promise<boolean> {
    if (this.#daemon?.exitCode !== null) throw new Error(`dockerd has ended: ${this.#log.slice(-2000)}`);
    return new Promise((resolve) => {
      const ping = request({ socketPath: join(this.folder, 'docker.sock'), path: '/_ping' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      ping.on('error', () => resolve(false));
      ping.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((done) => this.#namespaces.once('close', done));
    this.#namespaces.kill('SIGKILL');
    await ended;
    await removeGroups(this.#cgroup);
    // Mounts end with the last process of the namespaces, which may be a little later.
    await until(
      () =>
        rm(this.folder, { recursive: true, force: true }).then(
          () => true,
          () => false,
        ),
      `${this.folder} to be removed`,
    );
  }
}

/** Groups of containers that died with dockerd stay. They are below that of this process, in each hierarchy. */
async function removeGroups(name: string): Promise<void> {
  const own = (await readFile('/proc/self/cgroup', 'utf8')).trim().split('\n');
  const groups = own.flatMap((line) => {
    const [, controllers = '', path = ''] = line.split(':');
    const hierarchies = controllers === '' ? ['', 'unified'] : [controllers.replace('name=', '')];
    return hierarchies.map((hierarchy) => join('/sys/fs/cgroup', hierarchy, path, name));
  });
  for (const top of groups) {
    if (!existsSync(top)) continue;
    const inside = (await readdir(top, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    for (const path of [...inside.map((entry) => join(top, entry.name)), top]) {
      await until(
        () =>
          rmdir(path).then(
            () => true,
            (error) => error.code === 'ENOENT',
          ),
        `${path} to be empty`,
      );
    }
  }
}
