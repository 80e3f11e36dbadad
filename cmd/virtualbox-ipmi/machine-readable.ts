/** A name, quoted if it contains blanks, and a value, quoted if it is a string. */
const FIELD =
  /^(?:"([^"\\\n]*(?:\\.[^"\\\n]*)*)"|([^="\n\r\u2028\u2029]+))=(?:"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|(.*))$/gm;

/**
 * Parses the fields of `showvminfo --machinereadable`. In quotes VirtualBox writes `\"` and `\\` for a quote and a
 * backslash (since 4.3; older versions escape nothing), and line breaks, for instance in descriptions, unchanged.
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
