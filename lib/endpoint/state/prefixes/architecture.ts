/** Alternative names of architectures, by the endpoint's name. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  amd64: ['x86_64'],
  386: ['486', '686', 'i386', 'i486', 'i686'],
  arm: ['armel', 'armhfp'],
  arm64: ['aarch64'],
  ppc64: ['power9'],
  ppc64le: [],
  mips: [],
  mipsle: ['mipsel'],
  mips64: [],
  mips64le: ['mips64el'],
  s390x: [],
  rpi4: [],
};

/** The endpoint's name of an architecture; undefined for an unknown one. */
export function architectureOf(name: string): string | undefined {
  const lower = name.toLowerCase();
  const known = Object.entries(ARCHITECTURES).find(
    ([ours, others]) => ours === lower || others.includes(lower),
  );
  return known?.[0];
}
