import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { InspectedEndpoint } from '../../cmd/drpkit/inspect/inspected-endpoint.ts';
import { Client } from '../../lib/api/index.ts';
import type { PluginProvider } from '../../lib/models/index.ts';
import { DEFINITION } from '../endpoint/host-fixture.ts';
import { execSource } from '../support/quick-start.ts';
import { Drpkit } from './drpkit.ts';

const PLUGIN = join(import.meta.dirname, '../endpoint/host-plugin.ts');

describe('drpkit inspect', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inspect-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** A provider that has nothing of the kit, and takes its time, as those in Go do. */
  async function foreign(file: string, define: Partial<PluginProvider>): Promise<string> {
    const path = join(folder, file);
    await mkdir(join(path, '..'), { recursive: true });
    const lines = [
      '#!/bin/sh',
      'unset NODE_V8_COVERAGE',
      `if [ "$1" = define ]; then sleep 0.5; cat <<'END'\n${JSON.stringify({ ...DEFINITION, ...define })}\nEND\nfi`,
      '[ "$1" = listen ] || exit 0',
      'echo "2026/11/29 a line of the log package" >&2',
      execSource(PLUGIN, 'normal'),
    ];
    await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o755 });
    return path;
  }

  /** An endpoint in this process, and all that is said until its plugins run. */
  async function started(paths: readonly string[]) {
    const problems: string[] = [];
    const endpoint = await InspectedEndpoint.start(paths, {
      port: 0,
      onProblem: (text) => problems.push(text),
    });
    return { endpoint, problems };
  }

  test('executables of any kind run until Ctrl-C, and nothing is left of it', async () => {
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    const paths = [
      await foreign('gopher', { Name: 'gopher' }),
      await foreign('other/gopher', { Name: 'auto', AutoStart: true }),
      await foreign('needy', { Name: 'needy', RequiredParams: ['needy/key', 'needy/url'] }),
    ];
    await using running = await Drpkit.start(['inspect', ...paths], { env: { TMPDIR: temporary } });
    await running.printed(/Ctrl-C ends it/);
    const { stdout } = running;
    assert.match(stdout, /^gopher v1\.0\.0: its plugin gopher runs$/m);
    assert.match(stdout, /^auto v1\.0\.0: its plugin auto runs$/m);
    assert.match(stdout, /^needy v1\.0\.0: has no plugin yet, which needs needy\/key, needy\/url$/m);

    const [, url = ''] = /^The inspector: (https:\/\/127\.0\.0\.1:\d+)\/ui\/$/m.exec(stdout) ?? [];
    const [, password = ''] = /^Password: (\S+)$/m.exec(stdout) ?? [];
    const api = new Client({ endpoint: url, user: 'rocketskates', password });
    const [machine] = await api.objects('machines').list();
    assert.equal(machine?.Name, 'web1');
    assert.deepEqual((await api.objects('plugins').list()).map(({ Name }) => Name).sort(), [
      'auto',
      'gopher',
    ]);
    api.close();

    const { code, signal } = await running.end('SIGINT');
    assert.deepEqual([code, signal], [0, null]);
    assert.deepEqual(await readdir(temporary), []);
  });

  test('what is no provider is named, and the others run', async () => {
    const { endpoint, problems } = await started([await foreign('good', { Name: 'good' }), '/bin/true']);
    await using _ = endpoint;
    const lines: string[] = [];
    await endpoint.startPlugins(new AbortController().signal, async (line) => void lines.push(line));
    assert.deepEqual(lines, ['good v1.0.0: its plugin good runs']);
    assert.match(problems.join('\n'), /Skipping true: define: the output is not JSON/);
  });

  test('no provider at all, and what cannot be run, are errors', async () => {
    const { endpoint } = await started(['/bin/true']);
    const say = async () => {};
    try {
      await assert.rejects(
        endpoint.startPlugins(new AbortController().signal, say),
        /None of the executables/,
      );
    } finally {
      await endpoint[Symbol.asyncDispose]();
    }
    const file = join(folder, 'plain');
    await writeFile(file, '');
    for (const [path, expected] of [
      [join(folder, 'missing'), /provider: .*missing: there is no such file/],
      [folder, /is not a file, expected an executable/],
      [file, /cannot be run: chmod \+x/],
    ] as const)
      await assert.rejects(started([path]), expected);
  });

  test('who does not wait for a slow provider ends it', async () => {
    const path = join(folder, 'sleeper');
    await writeFile(path, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
    const { endpoint } = await started([path]);
    const ending = new AbortController();
    const starting = endpoint.startPlugins(ending.signal, async () => {});
    ending.abort();
    await starting;
    await endpoint[Symbol.asyncDispose]();
  });
});
