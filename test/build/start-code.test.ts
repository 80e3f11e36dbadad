import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { build, type Metafile } from 'esbuild';
import { PROVIDERS } from '../support/binary.ts';

const root = join(import.meta.dirname, '../..');

/** Of a provider's own folder, in bytes without comments and blanks: what it declares, and little more. */
const MOST_OWN = 8_000;
/** What takes no time to load, because Node.js has loaded it when the first script runs, or next to none. */
const QUICK = ['node:fs', 'node:path', 'node:timers/promises', 'node:util'];
/** What the sockets need. `node:fs/promises` would load `node:readline` and start threads, `node:crypto` takes as long as HTTP. */
const SOCKETS = ['node:events', 'node:http', 'node:net', 'node:sea', 'node:stream/promises'];

interface Loaded {
  /** Bytes of each file. */
  files: Map<string, number>;
  builtins: string[];
}

suite('without import(), which loads what an action needs,', () => {
  let outputs: Metafile['outputs'] = {};

  before(async () => {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: Object.fromEntries(PROVIDERS.map((name) => [name, `cmd/${name}/main.ts`])),
      outdir: '.',
      bundle: true,
      splitting: true,
      minifyWhitespace: true,
      format: 'esm',
      platform: 'node',
      target: 'node26',
      define: { 'import.meta.url': 'bundleUrl' },
      logLevel: 'silent',
      metafile: true,
      write: false,
    });
    outputs = metafile.outputs;
  });

  /** What a script loads at once, itself included. */
  function loadedBy(source: string): Loaded {
    const found = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === source);
    assert.ok(found !== undefined, `${source} is a script of its own`);
    const scripts = new Set([found]);
    const files = new Map<string, number>();
    const builtins = new Set<string>();
    for (const name of scripts) {
      for (const { path, kind, external } of outputs[name]?.imports ?? []) {
        if (kind === 'dynamic-import') continue;
        if (external === true) builtins.add(path);
        else scripts.add(path);
      }
      for (const [file, { bytesInOutput }] of Object.entries(outputs[name]?.inputs ?? {}))
        if (bytesInOutput > 0) files.set(file, bytesInOutput);
    }
    return { files, builtins: [...builtins].sort() };
  }

  test('listen loads what the sockets need', () => {
    const { files, builtins } = loadedBy('lib/plugin/listen.ts');
    const others = [...files.keys()].filter((file) => !/^lib\/(api|models|plugin)\//.test(file));
    assert.deepEqual(others, []);
    assert.deepEqual(
      builtins.filter((name) => ![...QUICK, ...SOCKETS].includes(name)),
      [],
    );
  });

  for (const name of PROVIDERS) {
    test(`define of ${name} loads what it declares`, () => {
      const listens = loadedBy('lib/plugin/listen.ts').files;
      const { files, builtins } = loadedBy(`cmd/${name}/main.ts`);
      const own = [...files.keys()].filter((file) => file.startsWith(`cmd/${name}/`));
      const others = [...files.keys()].filter(
        (file) => !own.includes(file) && !/^lib\/plugin\//.test(file) && !listens.has(file),
      );
      assert.deepEqual(others, [`content/${name}.generated.ts`]);
      assert.deepEqual(
        builtins.filter((builtin) => !QUICK.includes(builtin)),
        [],
      );
      const bytes = own.reduce((sum, file) => sum + (files.get(file) ?? 0), 0);
      assert.ok(bytes <= MOST_OWN, `${bytes} bytes of ${own.join(' ')}`);
    });
  }
});
