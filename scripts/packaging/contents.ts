import type { EmbeddedPackage } from './embedded.ts';

/** What one executable is made of. */
export interface Contents {
  /** The executable's own. */
  version: string;
  /** SHA-256 of the executable in hex: of another file this says nothing. */
  sum: string;
  /** The package with the Node.js in it. */
  base: EmbeddedPackage;
  packages: EmbeddedPackage[];
}

/** Contents of executables by their path in bin/, OS/ARCH/NAME. */
export type Inventory = ReadonlyMap<string, Contents>;
