/** Byte orders in which BMCs store their GUID. */
type Order = 'SMBIOS' | 'RFC 4122' | 'IPMI';

const ORDERS: readonly Order[] = ['SMBIOS', 'RFC 4122', 'IPMI'];

/**
 * The 16 bytes of Get System GUID as text. The specification stores them in reverse (IPMI 2.0, section 20.8), most BMCs
 * as in SMBIOS, whose first three fields are little-endian, and some as in RFC 4122. The first order with a valid
 * version and variant is used. Undefined for other lengths, and for all 0 and all FF, which mean that there is no GUID.
 */
export function guidText(bytes: Buffer): string | undefined {
  if (bytes.length < 16) return undefined;
  const guid = bytes.subarray(0, 16);
  if (guid.every((byte) => byte === 0) || guid.every((byte) => byte === 0xff)) return undefined;
  const order = ORDERS.find((candidate) => isPlausible(inOrder(guid, candidate))) ?? 'SMBIOS';
  const hex = inOrder(guid, order).toString('hex');
  return [0, 8, 12, 16, 20].map((start, index) => hex.slice(start, [8, 12, 16, 20, 32][index])).join('-');
}

function inOrder(bytes: Buffer, order: Order): Buffer {
  switch (order) {
    case 'RFC 4122':
      return bytes;
    case 'IPMI':
      return Buffer.from(bytes).reverse();
    case 'SMBIOS': {
      const parts = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)];
      return Buffer.concat([...parts.map((part) => Buffer.from(part).reverse()), bytes.subarray(8)]);
    }
  }
}

function isPlausible(bytes: Buffer): boolean {
  const version = bytes.readUInt8(6) >> 4;
  return version >= 1 && version <= 5 && (bytes.readUInt8(8) & 0xc0) === 0x80;
}
