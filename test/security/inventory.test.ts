import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { bundleScripts } from '../../scripts/packaging/bundle.ts';
import type { Contents } from '../../scripts/packaging/contents.ts';
import { packageIn } from '../../scripts/packaging/embedded.ts';
import { writeInventory } from '../../scripts/packaging/inventory.ts';
import { PAGE_MODULE, writePage } from '../../scripts/packaging/page.ts';
import type { Sbom } from './sbom.ts';

const SUM = 'ab'.repeat(32);

suite('what executables are made of', () => {
  let root = '';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'inventory-'));
    await writeFile(
      join(root, 'package.json'),
      '{"name":"probes","version":"1.2.3","license":"Apache-2.0","type":"module"}',
    );
    await library('used', 'MIT', { LICENSE: 'Copyright of used\r\nTerms of used\n', NOTICE: 'A notice\n' });
    await library('unused', 'MIT', { LICENSE: 'Copyright of unused' });
    await library('@scope/bare', 'MIT', {
      'README.md': '# bare\n\n## License\n\nCopyright 2014 Somebody.\n\n## More\n\nNo licence.\n',
    });
    const lock = { packages: { 'node_modules/used': { integrity: `sha512-${btoa('0'.repeat(64))}` } } };
    await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock));
    await mkdir(join(root, 'cmd/probe'), { recursive: true });
    await writeFile(
      join(root, 'cmd/probe/main.ts'),
      [
        "import { name } from 'used';",
        "import { name as other } from 'unused';",
        "void import('@scope/bare');",
        'const never = () => other;',
        'console.log(name);',
      ].join('\n'),
    );
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function library(name: string, license: string, files: Record<string, string>): Promise<void> {
    const folder = join(root, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    const manifest = {
      name,
      version: '4.5.6',
      license,
      type: 'module',
      main: 'index.js',
      sideEffects: false,
    };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, author: 'An Author' }));
    await writeFile(join(folder, 'index.js'), `export const name = ${JSON.stringify(name)};\n`);
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  }

  async function contents(): Promise<Contents> {
    const { packages } = await bundleScripts(root, 'probe', 'v1.2.3');
    const base = await packageIn(join(root, 'node_modules/unused'), undefined);
    return { version: 'v1.2.3', sum: SUM, base, packages };
  }

  async function written(): Promise<{ sbom: Sbom; text: string }> {
    const sbom = JSON.parse(await readFile(join(root, 'bin/SBOM.cdx.json'), 'utf8')) as Sbom;
    return { sbom, text: await readFile(join(root, 'bin/THIRD_PARTY_LICENSES'), 'utf8') };
  }

  const path = 'linux/amd64/probe';

  test('is the packages that the bundle has code of, and the Node.js', async () => {
    await writeInventory(root, new Map([[path, await contents()]]), new Map([[path, SUM]]), assert.fail);
    const { sbom } = await written();
    assert.deepEqual([sbom.bomFormat, sbom.specVersion], ['CycloneDX', '1.6']);
    assert.deepEqual(sbom.dependencies, [
      { ref: 'probes', dependsOn: [path] },
      {
        ref: path,
        dependsOn: ['pkg:npm/unused@4.5.6', 'pkg:npm/%40scope/bare@4.5.6', 'pkg:npm/used@4.5.6'],
      },
    ]);
    const [probe, node, bare, used] = sbom.components;
    assert.deepEqual(probe?.hashes, [{ alg: 'SHA-256', content: SUM }]);
    assert.equal(node?.name, 'node');
    assert.equal(bare?.purl, 'pkg:npm/%40scope/bare@4.5.6');
    assert.deepEqual(used?.licenses, [{ expression: 'MIT' }]);
    assert.deepEqual(used?.hashes, [{ alg: 'SHA-512', content: '30'.repeat(64) }]);
  });

  test('is also what the page in it has code of, with whose licences it goes along', async () => {
    const page = join(root, 'lib/inspector/page');
    await mkdir(page, { recursive: true });
    await writeFile(join(page, 'index.html'), '<p></p>');
    await writeFile(join(page, 'app.css'), '');
    await writeFile(join(page, 'main.tsx'), "import { name } from 'used';\ndocument.title = name;\n");
    assert.ok((await writePage(root)).written);
    const module = await readFile(join(root, PAGE_MODULE), 'utf8');
    assert.ok(module.includes('used 4.5.6') && module.includes('Copyright of used'));
    await writeFile(
      join(root, 'cmd/probe/main.ts'),
      "import { inspectorFiles } from '../../lib/inspector/page.generated.ts';\nconsole.log(inspectorFiles);\n",
    );
    const { packages } = await bundleScripts(root, 'probe', 'v1.0.0');
    assert.deepEqual(
      packages.map(({ name }) => name),
      ['used'],
    );
  });

  test('of a Node.js of the version that runs this, the libraries in it are named', async () => {
    const made = await contents();
    const base = { ...made.base, version: process.versions.node };
    await writeInventory(root, new Map([[path, { ...made, base }]]), new Map([[path, SUM]]), assert.fail);
    const { sbom } = await written();
    const inside = sbom.components.find(({ name }) => name === 'node')?.components ?? [];
    const openssl = inside.find(({ name }) => name === 'openssl');
    assert.equal(openssl?.version, process.versions.openssl);
    assert.ok(inside.every(({ version }) => version !== ''));
  });

  test('has its licences passed on: the files, or what the package says where it has none', async () => {
    await writeInventory(root, new Map([[path, await contents()]]), new Map([[path, SUM]]), assert.fail);
    const { text } = await written();
    assert.match(text, /used 4\.5\.6 \(MIT\), in probe\n\nCopyright of used\nTerms of used\n\nA notice\n/);
    assert.match(
      text,
      /@scope\/bare 4\.5\.6 \(MIT\), in probe\n\nThe package has no licence file\. .*: MIT\.\n\nCopyright An Author\n\nCopyright 2014 Somebody\.\n\nPermission is hereby granted/,
    );
    assert.match(text, /Node\.js 4\.5\.6 and what is in it, in linux\/amd64\/probe\n\nCopyright of unused/);
  });

  test('is known of executables that an earlier build made, and of no others', async () => {
    const first = new Map([[path, await contents()]]);
    await writeInventory(root, first, new Map([[path, SUM]]), assert.fail);
    const before = await written();
    const lines: string[] = [];
    const sums = new Map([
      ['darwin/arm64/probe', SUM],
      [path, SUM],
    ]);
    await writeInventory(root, new Map(), sums, (line) => lines.push(line));
    assert.deepEqual(await written(), before);
    assert.deepEqual(lines, ['bin/darwin/arm64/probe: not in SBOM.cdx.json, another build made it']);
    await writeInventory(root, new Map(), new Map([[path, 'cd'.repeat(32)]]), (line) => lines.push(line));
    assert.deepEqual((await written()).sbom.components, []);
    assert.equal(lines.length, 2);
  });
});
