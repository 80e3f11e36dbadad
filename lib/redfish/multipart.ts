import { randomUUID } from 'node:crypto';
import type { OutgoingStream } from './connection.ts';

/** One part of a form. */
export interface Part {
  name: string;
  type: string;
  /** Of a file. */
  fileName?: string;
  content: string | OutgoingStream;
}

/** A form with several parts (RFC 7578). Its length is known in advance, since BMCs require Content-Length. */
export function multipart(parts: readonly Part[]): OutgoingStream {
  const boundary = `part-${randomUUID()}`;
  const heads = parts.map((part, index) => {
    const file = part.fileName === undefined ? '' : `; filename="${quoted(part.fileName)}"`;
    const disposition = `Content-Disposition: form-data; name="${quoted(part.name)}"${file}`;
    return Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\n${disposition}\r\nContent-Type: ${part.type}\r\n\r\n`,
    );
  });
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  const sizes = parts.map(({ content }) =>
    typeof content === 'string' ? Buffer.byteLength(content) : content.length,
  );
  const length = [...heads.map((head) => head.length), ...sizes, end.length].reduce(
    (sum, one) => sum + one,
    0,
  );
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    length,
    async *open() {
      for (const [index, { content }] of parts.entries()) {
        yield heads[index] ?? Buffer.alloc(0);
        if (typeof content === 'string') yield Buffer.from(content);
        else yield* content.open();
      }
      yield end;
    },
  };
}

/** Escapes a name as browsers do (WHATWG HTML, multipart/form-data). */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
