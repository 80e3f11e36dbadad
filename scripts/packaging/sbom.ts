import type { Inventory } from './contents.ts';
import type { EmbeddedPackage } from './embedded.ts';

/** A component of CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), with the fields used here. */
interface Component {
  type: 'application' | 'library' | 'platform';
  'bom-ref': string;
  name: string;
  version: string;
  purl?: string;
  cpe?: string;
  hashes?: { alg: 'SHA-256' | 'SHA-512'; content: string }[];
  licenses?: [{ expression: string }];
  components?: Component[];
}

/** Entries of process.versions that are not libraries, or have no version. */
const NO_LIBRARIES = new Set(['node', 'modules', 'napi', 'cldr', 'tz', 'unicode']);

/**
 * The bill of materials of executables as CycloneDX JSON: each executable with its packages, its Node.js and the
 * libraries in that. `license` is the project's SPDX expression; empty for none. Reproducible: contains no time and no
 * serial number.
 */
export function sbom(name: string, license: string, inventory: Inventory): string {
  const own = license === '' ? {} : { licenses: [{ expression: license }] as Component['licenses'] };
  const components = new Map<string, Component>();
  const dependencies = new Map<string, string[]>();
  const add = (component: Component) => {
    const ref = component['bom-ref'];
    components.set(ref, component);
    return ref;
  };
  for (const [path, { version, sum, base, packages }] of inventory) {
    const ref = add({
      type: 'application',
      'bom-ref': path,
      name: path.split('/').at(-1) ?? path,
      version,
      hashes: [{ alg: 'SHA-256', content: sum }],
      ...own,
    });
    dependencies.set(ref, [add(nodeComponent(base)), ...packages.map((one) => add(packageComponent(one)))]);
  }
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': name, name, ...own } },
    components: [...components.values()],
    dependencies: [
      { ref: name, dependsOn: [...inventory.keys()] },
      ...[...dependencies].map(([ref, dependsOn]) => ({ ref, dependsOn })),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function packageComponent({ name, version, license, sha512 }: EmbeddedPackage): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    // Checksum of the registry's archive, from package-lock.json.
    ...(sha512 !== undefined && { hashes: [{ alg: 'SHA-512', content: sha512 }] }),
    ...(license !== '' && { licenses: [{ expression: license }] }),
  };
}

/** Node.js as a component of its own name, by which vulnerability databases know it. */
function nodeComponent(base: EmbeddedPackage): Component {
  const { version } = base;
  const component = packageComponent(base);
  return {
    ...component,
    type: 'platform',
    name: 'node',
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    components: librariesOf(version).map(([name, libraryVersion]) => ({
      type: 'library',
      'bom-ref': `${component['bom-ref']}/${name}@${libraryVersion}`,
      name,
      version: libraryVersion,
      purl: `pkg:generic/${name}@${libraryVersion}`,
    })),
  };
}

/** Name and version of the libraries in Node.js, read from this process, which has the same version as all bases. */
function librariesOf(version: string): [string, string][] {
  if (process.versions.node !== version) return [];
  return Object.entries(process.versions).filter(
    (entry): entry is [string, string] => !NO_LIBRARIES.has(entry[0]) && Boolean(entry[1]),
  );
}
