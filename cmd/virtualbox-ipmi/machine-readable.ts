/** A name, quoted when it has blanks in it, and a value, quoted when it is a string. */
const FIELD =
  /^(?:"([^"\\\n]*(?:\\.[^"\\\n]*)*)"|([^="\n\r\u2028\u2029]+))=(?:"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|(.*))$/gm;

/**
 * The fields of `showvminfo --machinereadable`. Within quotes VirtualBox writes `\"` and `\\` for a quote and a backslash
 * (since 4.3; older ones escape nothing), and a line's end, in a description say, as it is.
 */
export function parseMachineReadable(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, quotedName, name, quoted, bare = ''] of text.replaceAll('\r\n', '\n').matchAll(FIELD)) {
    const value = quoted === undefined ? bare.replace(/^"(.*)"$/, '$1') : unescaped(quoted);
    fields.set(quotedName === undefined ? (name ?? '') : unescaped(quotedName), value);
  }
  return fields;
}

function unescaped(text: string): string {
  return text.replace(/\\(["\\])/g, '$1');
}
