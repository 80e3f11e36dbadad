import type { EmbeddedPackage } from './embedded.ts';

/** The components of an executable. */
export interface Contents {
  /** Version of the executable. */
  version: string;
  /** SHA-256 of the executable in hex, to detect that the file was replaced. */
  sum: string;
  /** The package of its Node.js. */
  base: EmbeddedPackage;
  packages: EmbeddedPackage[];
}

/** Contents by path in bin/: OS/ARCH/NAME. */
export type Inventory = ReadonlyMap<string, Contents>;
