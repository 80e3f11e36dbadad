import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pagePackages } from '../../scripts/packaging/page.ts';
import { binary, PROVIDERS } from '../support/binary.ts';
import { oneScript } from '../support/one-script.ts';
import type { Sbom } from './sbom.ts';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'bin');
const HASHES: Readonly<Record<string, RegExp>> = {
  'SHA-256': /^[0-9a-f]{64}$/,
  'SHA-512': /^[0-9a-f]{128}$/,
};
const SPDX = /^\(?[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*\)?$/;

/** Libraries in Node.js, by their names in process.versions, whose licence is Node.js's own, or which need none. */
const NO_LICENSE = new Set(['nbytes', 'ncrypto', 'sqlite']);

const read = async () => JSON.parse(await readFile(join(bin, 'SBOM.cdx.json'), 'utf8')) as Sbom;

/** `NAME@VERSION` of each package that a script of esbuild has modules of: it names them in comments. */
async function packagesIn(script: string): Promise<string[]> {
  const folders = new Set<string>();
  for (const [, path = ''] of script.matchAll(/^ *\/\/ (\S*node_modules\/\S+)$/gm)) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (folder !== undefined && existsSync(join(root, folder, 'package.json'))) folders.add(folder);
  }
  const named = [...folders].map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    return `${name}@${version}`;
  });
  return [...new Set(await Promise.all(named))].sort();
}

describe('the bill of materials beside the executables', () => {
  test('is CycloneDX 1.6: what it must have is there, no reference twice, none to nowhere', async () => {
    const { bomFormat, specVersion, version, metadata, components, dependencies } = await read();
    assert.deepEqual([bomFormat, specVersion, version], ['CycloneDX', '1.6', 1]);
    const all = [metadata.component, ...components, ...components.flatMap((one) => one.components ?? [])];
    const refs = all.map((component) => component['bom-ref']);
    assert.deepEqual(refs.length, new Set(refs).size);
    for (const { type, name, purl = 'pkg:npm/none@1', hashes = [], licenses = [] } of all) {
      assert.ok(['application', 'library', 'platform'].includes(type), name);
      assert.notEqual(name, '');
      assert.match(purl, /^pkg:(?:npm|generic)\/(?:%40[\w.-]+\/)?[\w.-]+@[\w.+-]+$/);
      for (const { alg, content } of hashes) assert.match(content, HASHES[alg] ?? /$^/, name);
      for (const { expression } of licenses) assert.match(expression, SPDX, name);
    }
    const described = dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]);
    assert.deepEqual(
      described.filter((ref) => !refs.includes(ref)),
      [],
    );
    assert.equal(new Set(dependencies.map(({ ref }) => ref)).size, dependencies.length);
  });

  test('has each executable with its sum, and each package and Node.js with version, sum and licence', async () => {
    const { components } = await read();
    const sums = await readFile(join(bin, 'SHA256SUMS'), 'utf8');
    const applications = components.filter(({ type }) => type === 'application');
    for (const line of sums.trim().split('\n')) {
      const [sum, path = ''] = line.split(/\s+\*?/);
      const one = applications.find((component) => component['bom-ref'] === path.replace(/^\.\//, ''));
      assert.deepEqual(one?.hashes, [{ alg: 'SHA-256', content: sum }], path);
      assert.deepEqual(one?.licenses, [{ expression: 'Apache-2.0' }]);
    }
    for (const component of components.filter(({ type }) => type !== 'application')) {
      assert.match(component.version, /^\d+\.\d+\.\d+/, component.name);
      assert.equal(component.hashes?.[0]?.alg, 'SHA-512', component.name);
      assert.equal(component.licenses?.length, 1, component.name);
    }
    const node = components.find(({ type }) => type === 'platform');
    assert.deepEqual([node?.name, node?.version], ['node', process.versions.node]);
    const inside = new Map(node?.components?.map(({ name, version }) => [name, version]));
    for (const name of ['openssl', 'v8', 'uv', 'zlib', 'undici', 'llhttp', 'sqlite'])
      assert.equal(inside.get(name), process.versions[name], name);
  });

  for (const name of [...PROVIDERS, 'drpkit']) {
    test(`${name} has the packages that its script has modules of, and no others`, async () => {
      const { dependencies, components } = await read();
      const path = binary(name).slice(bin.length + 1);
      const { dependsOn = [] } = dependencies.find(({ ref }) => ref === path) ?? {};
      const listed = components
        .filter((component) => dependsOn.includes(component['bom-ref']) && component.type === 'library')
        .map((component) => `${component.name}@${component.version}`);
      const script = await oneScript(root, name, 'v0.0.0');
      // The inspector's page is one text in it, without the comments that name modules.
      const page = name === 'drpkit' ? await pagePackages(root) : [];
      const inPage = page.map((one) => `${one.name}@${one.version}`);
      const expected = [...new Set([...(await packagesIn(script)), ...inPage])].sort();
      assert.ok(expected.length > 5);
      assert.deepEqual(listed.sort(), expected);
    });
  }
});

test('the licences beside the executables: the text of each package, of Node.js and of all that is in that', async () => {
  const text = await readFile(join(bin, 'THIRD_PARTY_LICENSES'), 'utf8');
  const parts = new Map(
    text
      .split(`${'-'.repeat(80)}\n`)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part] as const),
  );
  const { components } = await read();
  for (const { name, version, licenses = [] } of components.filter(({ type }) => type === 'library')) {
    const part = [...parts].find(([head]) => head.startsWith(`${name} ${version} (`))?.[1] ?? '';
    assert.match(part, new RegExp(`^.* \\(${licenses[0]?.expression}\\), in .*\n\n`), name);
    assert.ok(part.length > 500, `${name}: ${part}`);
    assert.match(part, /copyright|public domain/i, name);
  }
  const node = [...parts].find(([head]) => head.startsWith(`Node.js ${process.versions.node} `))?.[1] ?? '';
  assert.match(node, /Node\.js is licensed for use as follows/);
  const libraries = components.flatMap((component) => component.components ?? []);
  assert.deepEqual(
    libraries
      .filter(({ name }) => !NO_LICENSE.has(name) && !node.toLowerCase().includes(name))
      .map(({ name }) => name),
    [],
  );
});
