import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findExecutable } from '../../../lib/process/index.ts';
import { Running } from '../../endpoint/running-endpoint.ts';
import { FakeBmc } from '../../support/fake-bmc/fake-bmc.ts';
import { bmcParams } from '../../support/ipmi-simulator.ts';
import { until } from '../../support/until.ts';

const DRPKIT = `${process.execPath} ${join(import.meta.dirname, '../../../scripts/drpkit.cjs')}`;
const noScript =
  (await findExecutable('script', process.env.PATH ?? '')) === undefined &&
  'script (util-linux) is not installed';

/** A shell at a terminal, in which drpkit runs; afterwards the shell says how the terminal is. */
class Terminal implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  shown = '';

  constructor(env: Record<string, string>, command: string) {
    const { PATH, TMPDIR } = process.env;
    const line = `${command}; echo "ended with $?"; stty -a | tr ' ;' '\\n\\n' | grep -E '^-?(icanon|echo|isig)$'; echo done`;
    this.#child = spawn('script', ['-qec', line, '/dev/null'], { env: { PATH, TMPDIR, ...env } });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.shown += chunk;
      });
    }
    this.#child.stdin.on('error', () => {});
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async shows(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.shown), `${pattern} in ${JSON.stringify(this.shown)}`);
  }

  /** What it ended with; fails unless the terminal is as it was. */
  async ended(): Promise<number> {
    await this.shows(/done/);
    const flags = new Set(this.shown.split(/\r?\n/));
    for (const flag of ['icanon', 'echo', 'isig']) assert.ok(flags.has(flag), `${flag} in ${this.shown}`);
    return Number(/ended with (\d+)/.exec(this.shown)?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null) await ended;
  }
}

describe('drpkit console', { skip: noScript }, () => {
  let running: Running;
  let bmc: FakeBmc;
  let env: Record<string, string>;

  before(async () => {
    bmc = await FakeBmc.start();
    bmc.serial.echoes = true;
    running = await Running.open({
      providers: { ipmi: join(import.meta.dirname, '../../../cmd/ipmi/main.ts') },
    });
    env = { RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token };
    const { 'ipmi/password': password, ...Params } = bmcParams(bmc);
    const { Uuid } = await running.ok('POST', 'machines', { Name: 'web1', Params });
    await running.secret(`machines/${Uuid}`, 'ipmi/password', password);
    const actions = async () => (await running.call('GET', `machines/${Uuid}/actions`)).text;
    await until(async () => (await actions()).includes('watchConsole'), 'the plugin to offer its console');
  });
  after(async () => {
    await running?.[Symbol.asyncDispose]();
    await bmc?.[Symbol.asyncDispose]();
  });

  test('shows what is printed, sends what is typed, ~? helps, ~. ends it and puts the terminal back', async () => {
    await using first = new Terminal(env, `${DRPKIT} console web1`);
    await first.shows(/Console of web1: ~\. ends it/);
    bmc.serial.print('login: ');
    await first.shows(/login: /);
    // Ctrl-C is for the machine.
    first.type('root\x03\r');
    await until(() => bmc.serial.typed === 'root\x03\r', 'it to be typed');
    first.type('~?');
    await first.shows(/~B {2}send a break/);
    await using second = new Terminal(env, `${DRPKIT} console Name:web1 --watch`);
    await second.shows(/to look at, 1 other there/);
    await second.shows(/login: root/);
    second.type('ignored');
    first.type('x\r');
    await second.shows(/x/);
    second.type('\r~.');
    assert.equal(await second.ended(), 0);
    assert.equal(bmc.serial.typed, 'root\x03\rx\r');
    first.type('~.');
    assert.equal(await first.ended(), 0);
    await until(() => bmc.sessions === 0, 'the session of the BMC to be closed');
  });

  test('a signal puts the terminal back', async () => {
    await using terminal = new Terminal(env, `sh -c 'echo pid $$; exec ${DRPKIT} console web1'`);
    await terminal.shows(/~\. ends it/);
    process.kill(Number(/pid (\d+)/.exec(terminal.shown)?.[1]), 'SIGTERM');
    assert.equal(await terminal.ended(), 0);
  });

  test('a machine without a BMC, and a console that is in use, are told', async () => {
    await running.ok('POST', 'machines', { Name: 'web2' });
    await using none = new Terminal(env, `${DRPKIT} console web2`);
    assert.equal(await none.ended(), 1);
    assert.match(none.shown, /Action console Missing Parameter/);
    bmc.serial.open(1, () => {});
    await using busy = new Terminal(env, `${DRPKIT} console web1`);
    assert.equal(await busy.ended(), 1);
    assert.match(busy.shown, /has its console in use elsewhere/);
    await using taken = new Terminal(env, `${DRPKIT} console web1 --take-over`);
    await taken.shows(/~\. ends it/);
    taken.type('~.');
    assert.equal(await taken.ended(), 0);
  });

  test('a BMC that drops the session is connected to again; the end of the plugin is told', async () => {
    await using terminal = new Terminal(env, `${DRPKIT} console web1`);
    await terminal.shows(/~\. ends it/);
    bmc.serial.close();
    await terminal.shows(/the console has ended: the BMC has ended it/);
    assert.equal(await terminal.ended(), 1);
    await using other = new Terminal(env, `${DRPKIT} console web1`);
    await other.shows(/~\. ends it/);
    await running.ok('DELETE', 'plugins/ipmi');
    assert.equal(await other.ended(), 1);
    assert.match(other.shown, /Error: .*(the plugin has closed the console|stopping|plugin)/);
  });
});
