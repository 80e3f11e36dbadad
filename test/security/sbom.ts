/** A bill of materials in CycloneDX's JSON, as far as it is looked at here. */
export interface Component {
  type: string;
  'bom-ref': string;
  name: string;
  version: string;
  purl?: string;
  hashes?: { alg: string; content: string }[];
  licenses?: { expression: string }[];
  components?: Component[];
}

export interface Sbom {
  bomFormat: string;
  specVersion: string;
  version: number;
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}
