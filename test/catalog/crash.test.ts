import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
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

test('an endpoint that is killed at each change of an installation has what was installed, and the same command does the rest', async () => {
  const work = await mkdtemp(join(tmpdir(), 'catalog-'));
  const catalog = join(work, 'rackn-catalog.json');
  const drpkit = (running?: Running) => {
    const { url = '', token = '' } = running?.endpoint ?? {};
    return new Runner({ RS_ENDPOINT: url, RS_TOKEN: token, RS_CATALOG: catalog, TMPDIR: work }, work);
  };
  try {
    const sections = { stages: { base: { Name: 'base' } } };
    await writeFile(
      join(work, 'base.json'),
      JSON.stringify({ meta: { Name: 'base', Version: 'v1.0.0' }, sections }),
    );
    const meta = { Prerequisites: 'base' };
    const built = join(work, process.platform, arch, 'needy');
    await writeProvider(built, { name: 'needy', version: 'v1.0.0', meta });
    {
      using offline = drpkit();
      await offline.json('catalog', 'build', '--dir', work, 'base.json');
    }
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
        using runner = drpkit(first);
        const { code, stderr } = await runner.run(['catalog', 'install', 'needy']);
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
      using runner = drpkit(second);
      const again = await runner.run(['catalog', 'install', 'needy']);
      assert.equal(again.code, 0, again.stderr);
      assert.deepEqual(await installed(second), ['base', 'provider needy']);
    });
    assert.ok(changes >= 6, `${changes} changes`);
  } finally {
    await rm(work, { recursive: true });
  }
});
