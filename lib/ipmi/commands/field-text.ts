/**
 * Text encodings in bits 7 and 6 of the type/length byte (IPMI 2.0, section 43.15; FRU information storage, section
 * 13).
 */
const BINARY = 0;
const BCD_PLUS = 1;
const SIX_BIT = 2;

const BCD_DIGITS = '0123456789 -.:,_';

/** The text of an SDR whose type/length byte is at `offset`. A truncated text is returned as far as it goes. */
export function fieldText(record: Buffer, offset: number): string {
  const typeLength = record[offset] ?? 0;
  const bytes = record.subarray(offset + 1, offset + 1 + (typeLength & 0x1f));
  // Type 0 means Unicode here but binary in FRUs. No BMC is known to use it.
  return typeLength >> 6 === BINARY
    ? untilNul(bytes.toString('latin1'))
    : decodedText(typeLength >> 6, bytes);
}

/** Decodes text by its encoding: binary as hexadecimal, `utf16` for languages other than English. */
export function decodedText(kind: number, bytes: Buffer, isUnicode = false): string {
  switch (kind) {
    case BINARY:
      return bytes.toString('hex');
    case BCD_PLUS:
      return [...bytes].map((byte) => `${BCD_DIGITS[byte >> 4]}${BCD_DIGITS[byte & 0x0f]}`).join('');
    case SIX_BIT:
      return sixBitText(bytes);
    default:
      return untilNul(bytes.toString(isUnicode ? 'utf16le' : 'latin1'));
  }
}

/** Six-bit ASCII: three bytes hold four characters, lowest bits first, counted from the space. */
function sixBitText(bytes: Buffer): string {
  let text = '';
  for (let bit = 0; bit + 6 <= bytes.length * 8; bit += 6) {
    const word = (bytes[bit >> 3] ?? 0) | ((bytes[(bit >> 3) + 1] ?? 0) << 8);
    text += String.fromCharCode(0x20 + ((word >> (bit & 7)) & 0x3f));
  }
  return text;
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
