import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { Drpkit } from '../drpkit/drpkit.ts';
import { Runner } from '../drpkit/runner.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { atEachChange } from '../support/crash.ts';
import { giveCertificate } from '../support/endpoint-root.ts';
import { writeProvider } from './provider-script.ts';

const arch = process.arch === 'x64' ? 'amd64' : process.arch;

async function installed(running: Running): Promise<string[]> {
  const packs = (await running.list('contents')).map(({ meta }) => String((meta as RawModel).Name));
  const providers = (await running.list('plugin_providers')).map(({ Name }) => `provider ${Name}`);
  return ['base', 'provider needy'].filter((name) => [...packs, ...providers].includes(name));
}

/** Makes a catalog of a provider that requires a pack. Returns its file. */
async function catalogIn(work: string): Promise<string> {
  const sections = { stages: { base: { Name: 'base' } } };
  await writeFile(
    join(work, 'base.json'),
    JSON.stringify({ meta: { Name: 'base', Version: 'v1.0.0' }, sections }),
  );
  const meta = { Prerequisites: 'base' };
  const built = join(work, process.platform, arch, 'needy');
  await writeProvider(built, { name: 'needy', version: 'v1.0.0', meta });
  using offline = new Runner({ TMPDIR: work }, work);
  await offline.json('catalog', 'build', '--dir', work, 'base.json');
  return join(work, 'rackn-catalog.json');
}

test('an endpoint that is killed at each change of an installation has what was installed, and the same command does the rest', async () => {
  const work = await mkdtemp(join(tmpdir(), 'catalog-'));
  const catalog = join(work, 'rackn-catalog.json');
  using drpkit = new Runner({ RS_CATALOG: catalog, TMPDIR: work }, work);
  const install = ({ endpoint: { url, token } }: Running) =>
    drpkit.run(['catalog', 'install', 'needy', '--endpoint', url, '--token', token]);
  try {
    await catalogIn(work);
    // A first start takes the time of a password's hash.
    const [prepared, root] = [join(work, 'prepared'), join(work, 'root')];
    await mkdir(prepared);
    await giveCertificate(prepared);
    await (await Running.open({ root: prepared })).endpoint.close();
    const changes = await atEachChange(async (crash) => {
      await rm(root, { recursive: true, force: true });
      await cp(prepared, root, { recursive: true });
      let told = '';
      {
        const first = await Running.open({ root });
        using _death = crash(root);
        const { code, stderr } = await install(first);
        told = code === 0 ? `${stderr}Installed needy` : stderr;
        await first.endpoint.close().catch(() => {});
      }
      await using second = await Running.open({ root });
      const acknowledged = [...told.matchAll(/^Installed (\w+)/gm)].map(([, name]) => name);
      const there = await installed(second);
      assert.deepEqual(there, ['base', 'provider needy'].slice(0, there.length));
      assert.ok(there.length >= acknowledged.length, `${acknowledged} and ${there}`);
      assert.deepEqual(
        (await readdir(join(root, 'plugins'))).filter((name) => name.endsWith('.part')),
        [],
      );
      const again = await install(second);
      assert.equal(again.code, 0, again.stderr);
      assert.deepEqual(await installed(second), ['base', 'provider needy']);
    });
    assert.ok(changes >= 6, `${changes} changes`);
  } finally {
    await rm(work, { recursive: true });
  }
});

/** What stands between drpkit and an endpoint, and knows each step that one takes at the other. */
class Between implements AsyncDisposable {
  /** Of each request that changes something. */
  static readonly STEPS = 3;
  readonly #server: Server;
  readonly #target: URL;
  #steps = 0;
  #at = Number.POSITIVE_INFINITY;
  #kill: () => void = () => {};

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer(
      (request, response) => void this.#pass(request, response).catch(() => response.destroy()),
    );
  }

  static async start(target: string): Promise<Between> {
    const between = new Between(target);
    between.#server.listen(0, '127.0.0.1');
    await once(between.#server, 'listening');
    return between;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  killAt(step: number, kill: () => void): void {
    [this.#steps, this.#at, this.#kill] = [0, step, kill];
  }

  /** Of requests that change something: before one is passed on, with half of its body passed on, and with its answer known. */
  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = request;
    const step = () => method !== 'GET' && this.#step();
    step();
    const onward = httpsRequest({
      hostname,
      port,
      method,
      path,
      headers,
      rejectUnauthorized: false,
      agent: false,
    });
    const answered = once(onward, 'response');
    answered.catch(() => {});
    try {
      const body = await buffer(request);
      if (body.length > 0) {
        onward.write(body.subarray(0, body.length / 2));
        step();
      }
      onward.end(body.subarray(body.length / 2));
      const [answer] = (await answered) as [IncomingMessage];
      const content = await buffer(answer);
      step();
      response
        .writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? '' })
        .end(content);
    } catch (error) {
      onward.destroy();
      throw error;
    }
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps < this.#at) return;
    this.#kill();
    throw new Error('drpkit is dead');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

test('drpkit that is killed at each step of an installation leaves whole packs, and the same command does the rest', async () => {
  const work = await mkdtemp(join(tmpdir(), 'catalog-'));
  try {
    const catalog = await catalogIn(work);
    const [root, temporary] = [join(work, 'root'), join(work, 'tmp')];
    for (const folder of [root, temporary]) await mkdir(folder);
    await giveCertificate(root);
    await using running = await Running.open({ root });
    await using between = await Between.start(running.endpoint.url);
    const env = {
      RS_ENDPOINT: between.url,
      RS_TOKEN: running.endpoint.token,
      RS_CATALOG: catalog,
      TMPDIR: temporary,
    };
    const install = async (step: number) => {
      await using drpkit = await Drpkit.start(['catalog', 'install', 'needy'], { env, cwd: work });
      between.killAt(step, () => drpkit.child.kill('SIGKILL'));
      const { code, stderr } = await drpkit.ended;
      const there = await installed(running);
      assert.deepEqual(there, ['base', 'provider needy'].slice(0, there.length));
      if (stderr.includes('Installed base')) assert.ok(there.includes('base'), 'what it says is there');
      for (const name of await readdir(temporary))
        assert.equal((await stat(join(temporary, name))).mode & 0o777, 0o700, name);
      return code;
    };
    // The second item is installed beside what a dead drpkit has left of the first.
    for (const item of ['contents/base', 'plugin_providers/needy']) {
      for (let step = 1; step <= Between.STEPS; step += 1) {
        await running.call('DELETE', item);
        assert.equal(await install(step), null, `${item}: killed at step ${step}`);
      }
    }
    assert.equal(await install(Number.POSITIVE_INFINITY), 0);
    assert.deepEqual(await installed(running), ['base', 'provider needy']);
  } finally {
    await rm(work, { recursive: true });
  }
});
