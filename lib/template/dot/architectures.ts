const ALIASES: readonly (readonly string[])[] = [
  ['amd64', 'x86_64'],
  ['386', '486', '686', 'i386', 'i486', 'i686', 'x86'],
  ['arm64', 'aarch64'],
  ['arm', 'armv7', 'armv7l'],
  ['ppc64le', 'power9'],
  ['ppc64'],
  ['mips64le'],
  ['mips64'],
  ['s390x'],
  ['riscv64'],
];

/** dr-provision's name of an architecture. */
export function architecture(name: string): string {
  const lower = name.toLowerCase();
  return ALIASES.find((names) => names.includes(lower))?.[0] ?? lower;
}
