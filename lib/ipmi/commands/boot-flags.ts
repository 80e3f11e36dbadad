/** Boot option 5 of a BMC. */
export interface BootFlags {
  /** Whether the flags apply at the next start. */
  valid: boolean;
  /** For all starts, not only the next. */
  persistent: boolean;
  mode: 'uefi' | 'legacy-bios';
  device: string;
  /** The five bytes of the option in hexadecimal. */
  data: string;
}

/** Boot device selectors, table 28-14 of the IPMI 2.0 specification. */
const DEVICES: Readonly<Record<number, string>> = {
  0: 'none',
  1: 'pxe',
  2: 'disk',
  3: 'disk-safe-mode',
  4: 'diagnostic',
  5: 'cdrom',
  6: 'bios-setup',
  7: 'remote-floppy',
  8: 'remote-cdrom',
  9: 'remote-media',
  11: 'remote-disk',
  15: 'floppy',
};

/** Decodes the five bytes of boot option 5 (IPMI 2.0, table 28-14); undefined when there are fewer. */
export function readBootFlags(data: Buffer): BootFlags | undefined {
  if (data.length < 5) return undefined;
  const [flags = 0, selector = 0] = data;
  const code = (selector >> 2) & 0x0f;
  return {
    valid: (flags & 0x80) !== 0,
    persistent: (flags & 0x40) !== 0,
    mode: (flags & 0x20) === 0 ? 'legacy-bios' : 'uefi',
    device: DEVICES[code] ?? `reserved-${code}`,
    data: data.toString('hex', 0, 5),
  };
}
