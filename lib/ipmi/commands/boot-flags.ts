/** Boot option 5 of a BMC. */
export interface BootFlags {
  /** The BMC hands the flags to the next start. */
  valid: boolean;
  /** For every start, not only the next. */
  persistent: boolean;
  mode: 'uefi' | 'legacy-bios';
  device: string;
  /** The five bytes in hexadecimal. */
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

/** What `chassis bootparam get 5` prints; undefined when its data is not there. */
export function parseBootFlags(text: string): BootFlags | undefined {
  const data = /^Boot parameter data: ([0-9a-f]{10})$/im.exec(text)?.[1];
  if (data === undefined) return undefined;
  const [flags = 0, selector = 0] = Buffer.from(data, 'hex');
  const code = (selector >> 2) & 0x0f;
  return {
    valid: (flags & 0x80) !== 0,
    persistent: (flags & 0x40) !== 0,
    mode: (flags & 0x20) === 0 ? 'legacy-bios' : 'uefi',
    device: DEVICES[code] ?? `reserved-${code}`,
    data,
  };
}
