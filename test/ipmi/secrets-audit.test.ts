import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import plugin from '../../cmd/ipmi/plugin.ts';
import { HmcService, PARTITION } from '../support/hmc-service/index.ts';
import { lives } from '../support/lives.ts';
import { type Answer, ProviderProcess } from '../support/provider-process.ts';
import { RedfishService } from '../support/redfish-service/index.ts';
import { type FakeIpmitool, fakeIpmitool } from './fake-ipmitool.ts';

const MAIN = join(import.meta.dirname, '../../cmd/ipmi/main.ts');
const COMMANDS = (plugin.definition.AvailableActions ?? [])
  .filter(({ Model }) => Model === 'machines')
  .map(({ Command }) => Command);

/** In every password of this test, and nowhere else. 20 bytes are the most that IPMI allows. */
const MARK = `au${process.pid}dit`;
const passwords = {
  ipmi: `${MARK}-i`,
  redfish: `${MARK}-r`,
  racadm: `${MARK}-d`,
  lpar: `${MARK}-l`,
  wrong: `${MARK}-w`,
  other: `${MARK}-o`,
  file: `${MARK}-f`,
};
const username = 'admin';

/** Each password as it may be written: as it is, in base64 with the user name before it, percent-encoded. */
const WRITTEN = Object.values(passwords).flatMap((password) => [
  password,
  Buffer.from(`${username}:${password}`).toString('base64'),
  Buffer.from(password).toString('base64').replace(/=+$/, ''),
]);

/** What a BMC answers to a presence ping, and to the question for its IPMI versions. */
const PONG = '0600ff06000011be40000010000011be000000008100000000000000';
const VERSIONS = '0600ff0700000000000000000010811c632000380001970501000000000a';

/**
 * Instead of ipmitool and racadm: stops until it was looked at, then fails with all that it was told on stderr, or
 * answers. ipmitool's own environment is the one place where a password may be.
 */
const TOOL = `
  case $0 in *racadm) told=$(cat) ;; *) told=$IPMI_PASSWORD ;; esac
  : > "running.$$"
  kill -s STOP $$
  if [ -e failing ]; then echo "ERROR: not for $told" >&2; exit 1; fi
  echo 'Chassis Power is on'`;

/** What every other process shows of itself to those who may look: its command line and its environment. */
class Watch {
  readonly tool: FakeIpmitool;
  /** Command lines and environments in which a password was. */
  readonly exposed: string[] = [];
  /** How many tools were looked at while they ran, and how many of their environments had a password. */
  tools = 0;
  handed = 0;
  #ended = false;
  readonly #watching: Promise<void>;

  constructor(tool: FakeIpmitool) {
    this.tool = tool;
    this.#watching = this.#watch();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#ended) {
      const stopped = await this.#stopped();
      await this.#look();
      for (const pid of stopped) {
        await rm(join(this.tool.folder, `running.${pid}`));
        if (lives(Number(pid))) process.kill(Number(pid), 'SIGCONT');
      }
      this.tools += stopped.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The tools that wait to be looked at. */
  async #stopped(): Promise<string[]> {
    const files = await readdir(this.tool.folder);
    const running = files.flatMap((file) => /^running\.(\d+)$/.exec(file)?.[1] ?? []);
    const states = await Promise.all(running.map((pid) => ofProcess(pid, 'stat')));
    return running.filter((_, index) => /\) T /.test(states[index] ?? ''));
  }

  async #look(): Promise<void> {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const line = await ofProcess(pid, 'cmdline');
      if (showsSecret(line)) this.exposed.push(`command line of ${pid}: ${line}`);
      const environment = await ofProcess(pid, 'environ');
      if (!showsSecret(environment)) continue;
      if (await this.#isIpmitool(pid, environment)) this.handed += 1;
      else this.exposed.push(`environment of ${pid}: ${line}`);
    }
  }

  /** Or a process that it started itself. It has the password in its one place, and no token of the endpoint. */
  async #isIpmitool(pid: string, environment: string): Promise<boolean> {
    const entries = environment.split('\0');
    const others = entries.filter((entry) => !entry.startsWith('IPMI_PASSWORD='));
    if (others.some((entry) => showsSecret(entry) || entry.startsWith('RS_'))) return false;
    const [, group = ''] = /^\d+ \(.*\) [A-Z] \d+ (\d+) /.exec(await ofProcess(pid, 'stat')) ?? [];
    const leader = group === '' ? '' : await ofProcess(group, 'cmdline');
    // Nothing is known of one that has ended meanwhile.
    return leader === '' || leader.includes(join(this.tool.folder, 'bin/ipmitool'));
  }
}

function ofProcess(pid: string, file: 'cmdline' | 'environ' | 'stat'): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
}

function showsSecret(text: string): boolean {
  return WRITTEN.some((secret) => text.includes(secret));
}

describe('no password is on a command line, in the environment of a process, or in what the plugin writes', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, () => {
  let tool: FakeIpmitool;
  let redfish: RedfishService;
  let hmc: HmcService;
  let provider: ProviderProcess;
  let watch: Watch;
  const answers: Answer[] = [];

  before(async () => {
    tool = await fakeIpmitool(TOOL);
    const racadm = join(tool.folder, 'bin/racadm');
    await writeFile(racadm, await readFile(join(tool.folder, 'bin/ipmitool')));
    await chmod(racadm, 0o755);
    redfish = await RedfishService.start({
      address: '127.0.15.1',
      username,
      password: passwords.redfish,
      accounts: [{ name: username }, { name: 'somebody' }],
      update: { versions: { BMC: '1' } },
      managerResets: ['ForceRestart'],
      awayFor: 0,
      secureBoot: 'resource',
    });
    hmc = await HmcService.start('127.0.15.2');
    hmc.password = passwords.lpar;
    provider = await ProviderProcess.start([process.execPath, MAIN], { env: { PATH: tool.path } });
    watch = new Watch(tool);
  });
  after(async () => {
    await watch?.end();
    await provider?.[Symbol.asyncDispose]();
    await redfish?.[Symbol.asyncDispose]();
    await hmc?.[Symbol.asyncDispose]();
    await tool?.[Symbol.asyncDispose]();
  });

  async function act(command: string, prefix: string, params: Record<string, unknown>): Promise<Answer> {
    const body = { CommandSet: prefix, Model: {}, Params: params };
    const answer = await provider.action(command, body, { 'x-log-request': 'trace', 'x-log-token': 'audit' });
    answers.push(answer);
    return answer;
  }

  /** All actions on machines at once, each on a BMC of its own where that makes no difference. */
  function actOnAll(params: Record<string, unknown>): Promise<Answer[]> {
    return Promise.all(
      COMMANDS.map((command, index) =>
        act(command, 'machines', {
          'ipmi/address': `10.0.0.${index}`,
          'ipmi/username': username,
          'ipmi/transport': 'ipmitool',
          'ipmi/wait-for-power': 0,
          'ipmi/lpar-id': PARTITION,
          'ipmi/port-redfish': redfish.port,
          'ipmi/port-lpar': hmc.port,
          'ipmi/virtual-media-url': 'http://127.0.15.9/boot.iso',
          'ipmi/virtual-media-boot': false,
          'ipmi/user': 'somebody',
          'ipmi/user-password': passwords.other,
          'ipmi/firmware-url': `https://${username}:${passwords.file}@127.0.15.9/bmc.bin`,
          'ipmi/secure-boot': false,
          'ipmi/wait-for-bmc': 0,
          'ipmi/firmware-time': 0,
          'detected-bios-mode': 'uefi',
          ...params,
        }),
      ),
    );
  }

  async function nothingIsShown(): Promise<void> {
    const files = await readdir(provider.folder, { withFileTypes: true, recursive: true });
    const texts = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
    const written = [
      JSON.stringify(provider.endpoint.posts),
      provider.stdout,
      provider.stderr,
      JSON.stringify(await tool.calls()),
      ...answers.flatMap(({ text, headers }) => [text, JSON.stringify(headers)]),
      ...(await Promise.all(texts)),
    ].join('\n');
    for (const secret of WRITTEN) {
      const at = written.indexOf(secret);
      assert.equal(at, -1, written.slice(Math.max(0, at - 300), at + 100));
    }
    assert.equal(watch.exposed.slice(0, 3).join('\n'), '');
  }

  for (const mode of ['ipmitool', 'racadm', 'racadmn']) {
    test(`mode ${mode}, all actions, well and badly ended`, async () => {
      const password = mode === 'ipmitool' ? passwords.ipmi : passwords.racadm;
      const before = { ...watch };
      await actOnAll({ 'ipmi/mode': mode, 'ipmi/password': password });
      await tool.put('failing');
      const failed = await actOnAll({ 'ipmi/mode': mode, 'ipmi/password': password });
      await rm(join(tool.folder, 'failing'));
      assert.ok(
        failed.some(({ text }) => text.includes('not for')),
        'errors quote the tool',
      );
      assert.ok(watch.tools > before.tools + 10, 'the tools were looked at');
      // That it was found where it may be shows that it would be found elsewhere.
      assert.equal(watch.handed > before.handed, mode === 'ipmitool');
      await nothingIsShown();
    });
  }

  test('mode redfish, all actions, done, refused, and answered with what was sent', async () => {
    const params = { 'ipmi/mode': 'redfish', 'ipmi/address': redfish.address };
    await actOnAll({ ...params, 'ipmi/password': passwords.redfish });
    assert.equal(redfish.sessions.passwords.get('somebody'), passwords.other);
    assert.equal(redfish.update?.updates[0]?.parameters.Password, passwords.file);
    await actOnAll({ ...params, 'ipmi/password': passwords.wrong });
    redfish.fault = ({ uri, text, headers }) =>
      uri === '/redfish/v1/'
        ? undefined
        : { status: 400, body: { error: { message: `${text} ${JSON.stringify(headers)}` } } };
    const echoed = await actOnAll({ ...params, 'ipmi/password': passwords.redfish });
    redfish.fault = () => undefined;
    assert.ok(echoed.some(({ text }) => text.includes('Basic ***')));
    await nothingIsShown();
  });

  test('mode lpar, all actions, done, refused, and failed with the password in the answer', async () => {
    const params = { 'ipmi/mode': 'lpar', 'ipmi/address': '127.0.15.2', 'ipmi/username': hmc.username };
    await actOnAll({ ...params, 'ipmi/password': passwords.lpar });
    await actOnAll({ ...params, 'ipmi/password': passwords.wrong });
    hmc.fault = 'broken';
    const broken = await actOnAll({ ...params, 'ipmi/password': passwords.lpar });
    hmc.fault = undefined;
    assert.ok(broken.some(({ status }) => status === 502));
    await nothingIsShown();
  });

  test('range-scan, by IPMI and by Redfish, with credentials that fit and that do not', async () => {
    const pong = createSocket('udp4');
    pong.on('message', (ping, { port, address }) => {
      const answer = Buffer.from(ping[3] === 6 ? PONG : VERSIONS, 'hex');
      if (ping[3] === 6) answer[9] = ping[9] ?? 0;
      pong.send(answer, port, address);
    });
    pong.bind(0, '127.0.15.3');
    await once(pong, 'listening');
    try {
      const scan = async () =>
        act('range-scan', 'plugins', {
          'ipmi/discover/scan-start-address': '127.0.15.1',
          'ipmi/discover/scan-end-address': '127.0.15.3',
          'ipmi/discover/ports': [pong.address().port],
          'ipmi/port-redfish': redfish.port,
          'ipmi/discover/credentials': [
            { username, password: passwords.wrong },
            { username, password: passwords.redfish },
          ],
        });
      const found = await scan();
      assert.deepEqual(
        (found.json as { username?: string }[]).map((bmc) => bmc.username),
        [username, username],
      );
      await tool.put('failing');
      await scan();
      // Params that are not valid are refused, and not quoted.
      await act('range-scan', 'plugins', {
        'ipmi/discover/scan-start-address': '127.0.15.1',
        'ipmi/discover/scan-end-address': '127.0.15.3',
        'ipmi/discover/credentials': [{ username, secret: passwords.wrong }],
      });
    } finally {
      pong.close();
    }
    await nothingIsShown();
  });

  test('config, events and requests that are not valid', async () => {
    const params = { 'ipmi/discover/credentials': [{ username, password: passwords.wrong }] };
    // There is no endpoint to ask: it tries until the plugin stops.
    const configured = provider.post('config', { Name: 'ipmi', ...params });
    answers.push(
      await provider.post('config', { Name: 'ipmi', 'ipmi/discover/credentials': passwords.wrong }),
    );
    answers.push(await provider.post('publish', { Type: 'a', Action: 'b', Key: 'c', Object: params }));
    const body = { 'ipmi/mode': 'ipmitool', 'ipmi/address': '-x', 'ipmi/username': username };
    for (const password of [passwords.wrong.repeat(3), `${passwords.wrong}\n`, [passwords.wrong]]) {
      for (const mode of ['ipmitool', 'redfish', 'racadm', 'lpar', passwords.wrong.slice(0, 2)]) {
        await act('poweron', 'machines', { ...body, 'ipmi/mode': mode, 'ipmi/password': password });
      }
    }
    await act(COMMANDS[0] ?? '', 'machines', { 'ipmi/password': passwords.wrong });
    answers.push(await provider.post('stop'), await configured);
    await provider.exited;
    await nothingIsShown();
  });
});
