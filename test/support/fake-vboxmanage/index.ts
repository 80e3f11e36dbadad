import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import type { runChild } from '../../../lib/process/index.ts';
import { until } from '../until.ts';
import { runCommand } from './command.ts';
import { Server } from './server.ts';
import type { Behaviour, FakeVm, Host, World } from './world.ts';

export type { Behaviour, FakeVm, World } from './world.ts';

/** A VirtualBox in a folder of its own. `await using` removes it. */
export class VirtualBox implements AsyncDisposable {
  readonly folder: string;
  /** Where `vboxmanage` is, and nothing else. */
  readonly bin: string;
  readonly #host: Host;
  readonly #server: Server;

  private constructor(folder: string) {
    this.folder = folder;
    this.bin = join(folder, 'bin');
    this.#host = { home: folder, world: { vms: [], media: {}, interfaces: [] } };
    this.#server = new Server(this.#host);
  }

  /** `tool` is the name under which it is found: `vboxmanage` or `VBoxManage`. */
  static async open(tool = 'vboxmanage'): Promise<VirtualBox> {
    const box = new VirtualBox(await mkdtemp(join(tmpdir(), 'vbox-')));
    await mkdir(box.bin);
    await symlink(join(import.meta.dirname, 'vboxmanage'), join(box.bin, tool));
    return box;
  }

  /** Who runs it: the value for `virtualbox/user` with which no sudo is needed. */
  get user(): string {
    return userInfo().username;
  }

  /** A PATH with its `vboxmanage` first. */
  get path(): string {
    return [this.bin, process.env.PATH].join(delimiter);
  }

  /** What a process needs in its environment to use it. */
  get env(): { PATH: string } {
    return { PATH: this.path };
  }

  /** Runs a command here, without a process. */
  async run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand(this.#host, args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  /** Stands in for `runChild`: vboxmanage with no process, which takes a hundredth of the time. */
  readonly child: typeof runChild = async (_file, args, { timeLimitMs, signal }) => {
    const limit = AbortSignal.timeout(timeLimitMs);
    const killed = AbortSignal.any([signal, limit]);
    const dead = { code: null, stdout: '', stderr: '', how: 'abort' } as const;
    if (killed.aborted) return dead;
    try {
      return { how: 'exit', ...(await runCommand({ ...this.#host, signal: killed }, args)) };
    } catch (error) {
      if (!killed.aborted) throw error;
      return { ...dead, how: signal.aborted ? 'abort' : 'time limit' };
    }
  };

  behave(behaviour: Behaviour): Promise<void> {
    return this.put('behaviour.json', JSON.stringify(behaviour));
  }

  /** Makes or replaces a file in its folder. */
  put(name: string, text = ''): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }

  /** Makes another executable on its PATH, a shell script. */
  async tool(name: string, script: string): Promise<void> {
    const file = join(this.bin, name);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  world<T>(look: (world: World) => T): T {
    return look(this.#host.world);
  }

  /** The VM of this name, as it is now. */
  vm(name: string): FakeVm | undefined {
    return structuredClone(this.#host.world.vms.find((vm) => vm.name === name));
  }

  /** The arguments of all calls so far, or of those of one command. */
  async calls(command?: string): Promise<string[][]> {
    const text = await readFile(join(this.folder, 'calls'), 'utf8').catch(() => '');
    const calls = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as string[]);
    return command === undefined ? calls : calls.filter(([name]) => name === command);
  }

  /** Lets commands wait at a point (see README.md) from now on. */
  hold(point: string): Promise<void> {
    return this.put(`hold-${point}`);
  }

  /** Lets those go on that wait there. */
  async release(point: string): Promise<void> {
    await rm(join(this.folder, `hold-${point}`), { force: true });
  }

  /** Waits until a command waits at a point, and returns its process id. */
  async held(point: string): Promise<number> {
    let pid = 0;
    await until(async () => {
      const text = await readFile(join(this.folder, 'held'), 'utf8').catch(() => '');
      pid = Number(
        text
          .split('\n')
          .findLast((line) => line.startsWith(`${point} `))
          ?.split(' ')[1] ?? 0,
      );
      return pid > 0;
    }, `a command that waits at ${point}`);
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server[Symbol.dispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
