import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Volumes } from '../../cmd/volumes/volumes.ts';
import { perform } from '../../lib/core0/commands.ts';
import {
  command,
  commands,
  LEVELS,
  LevelReader,
  readPluginToml,
  resultFrame,
  writePluginToml,
} from '../../lib/core0/index.ts';
import { goJson } from '../../lib/core0/json.ts';
import {
  PluginRegistry,
  type RunningDockerPlugin,
  readLogEntries,
  serveDockerPlugin,
} from '../../lib/docker/index.ts';
import { isObject, ModelError } from '../../lib/models/index.ts';
import { anyCharacter, bounded, fc, parameters } from '../support/properties.ts';
import { assertUnpolluted, cleanly, cleanlyLater } from './expectations.ts';
import { anyText, jsonText, mutated } from './texts.ts';

const METHODS = ['Create', 'Remove', 'Mount', 'Unmount', 'Path', 'Get', 'List', 'Capabilities', 'Nosuch'].map(
  (name) => `VolumeDriver.${name}`,
);
const NAMES = [
  'v1',
  'v2',
  '',
  '.',
  '..',
  '../out',
  '.new',
  '.removed',
  '/etc',
  'a/../b',
  '__proto__',
  'constructor',
  'x\0y',
];

const name = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.string({ unit: anyCharacter, maxLength: 20 }),
  fc.anything(),
);
const call = fc.record({
  method: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...METHODS) },
    fc.constantFrom(
      'Plugin.Activate',
      'LogDriver.StartLogging',
      'toString',
      '__proto__',
      '',
      '..',
      '%2e%2e/x',
    ),
  ),
  body: fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .record(
          {
            Name: name,
            ID: name,
            Opts: fc.oneof(
              fc.constant({}),
              fc.dictionary(
                fc.constantFrom('size', '__proto__', 'mode', 'o'),
                fc.oneof(fc.string(), fc.anything()),
              ),
            ),
          },
          { requiredKeys: [] },
        )
        // Sizes would make file systems; volumes.test.ts has them.
        .map((body) =>
          JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
        ),
    },
    jsonText(['Name', 'ID', 'Opts', 'size']),
    anyText,
  ),
});

describe('a volume driver', () => {
  let folder: string;
  let volumes: Volumes;
  let plugin: RunningDockerPlugin;
  const unexpected: unknown[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
    await mkdir(join(folder, 'out/kept'), { recursive: true });
    volumes = await Volumes.open(join(folder, 'root'));
    const onError = (error: unknown) => unexpected.push(error);
    plugin = await serveDockerPlugin(
      { name: 'fuzzed', volumeDriver: volumes, onError },
      { socket: join(folder, 'socket') },
    );
  });
  after(async () => {
    await plugin.close();
    volumes.close();
    await rm(folder, { recursive: true });
  });

  const send = (method: string, body: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const outgoing = request(
      { socketPath: join(folder, 'socket'), method: 'POST', path: `/${method}`, agent: false },
      async (answer) => {
        const chunks = await answer.setEncoding('utf8').toArray();
        resolve({ status: answer.statusCode ?? 0, text: chunks.join('') });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
    return promise;
  };

  test('answers whatever it is asked with JSON, and touches nothing outside of its root', async () => {
    await fc.assert(
      fc.asyncProperty(call, async ({ method, body }) => {
        const { status, text } = await send(method, body);
        const answer: unknown = JSON.parse(text);
        assert.ok(isObject(answer), text);
        if (status !== 200) {
          assert.ok(status >= 400 && status < 600, `status ${status}`);
          assert.ok(typeof answer.Err === 'string' && answer.Err !== '', text);
          assert.doesNotMatch(answer.Err, /\n {4}at /);
        }
        assertUnpolluted();
        assert.deepEqual(await readdir(folder), ['out', 'root', 'socket']);
        assert.deepEqual(await readdir(join(folder, 'out')), ['kept']);
      }),
      parameters([[{ method: 'VolumeDriver.Create', body: '{"Name": {"length": 3}}' }]]),
    );
    // What is not a ModelError has not been thought of.
    assert.deepEqual(unexpected, []);
    for (const entry of await readdir(join(folder, 'root')))
      assert.match(entry, /^(\.new|\.removed|\.claim\.sock|[A-Za-z0-9][\w.-]*)$/);
  });
});

test('a file that tells of a plugin is read, or refused with a ModelError', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
  const registry = new PluginRegistry({ socketFolder: folder, specFolders: [folder] });
  const json =
    '{"Name":"p","Addr":"tcp://127.0.0.1:1","TLSConfig":{"CAFile":"/ca","InsecureSkipVerify":true}}';
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('spec', 'json'),
        fc.oneof(anyText, mutated([json])),
        async (kind, text) => {
          const file = join(folder, `p.${kind}`);
          await writeFile(file, text);
          await cleanlyLater(() => registry.find('p'));
          await rm(file);
        },
      ),
      parameters(),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a .plugin.toml is read, or refused with a ModelError', () => {
  const toml = writePluginToml({ ovs: { path: '/bin/ovs', exports: ['version', 'add'], queue: true } });
  fc.assert(
    fc.property(fc.oneof(anyText, mutated([toml])), (text) => {
      bounded(() => cleanly(() => readPluginToml(text)));
    }),
    parameters(),
  );
});

test('a log of a container that is something else ends with an error, or has what could be read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), async (chunks) => {
      async function* stream() {
        yield* chunks;
      }
      try {
        for await (const { line } of readLogEntries(stream())) assert.ok(line.length <= 320);
      } catch (error) {
        assert.match(String(error), /^Error: log (entry|stream): /);
      }
    }),
    parameters(),
  );
});

test('a call of a container plugin has one result that its caller can read, whatever it is called with', async () => {
  const plugin = commands({
    echo: (input) => input,
    strict: command<{ name: string }>({
      schema: { type: 'object', required: ['name'], properties: { name: { type: 'string', maxLength: 5 } } },
      run: ({ name }) => name.length,
    }),
  });
  const words = fc.tuple(
    fc.oneof(fc.constantFrom('echo', 'strict', '__proto__', 'constructor', ''), anyText),
    fc.oneof({ weight: 3, arbitrary: jsonText(['name']) }, { weight: 1, arbitrary: anyText }),
  );
  await fc.assert(
    fc.asyncProperty(words, async (argv) => {
      const result = await cleanlyLater(async () =>
        goJson(await perform(plugin, argv, new AbortController().signal)),
      );
      const json = result instanceof ModelError ? goJson(result.messages.join('\n')) : result;
      const reader = new LevelReader(LEVELS.stdout);
      const read = [...reader.add(resultFrame(json)), ...reader.end()];
      assert.deepEqual(
        read.map(({ level, text }) => [level, text.trimEnd()]),
        [[LEVELS.json, json]],
      );
      JSON.parse(json);
    }),
    parameters(),
  );
});
