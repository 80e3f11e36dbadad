export interface HttpAnswer {
  status: number;
  /** The lines of the head. */
  headers: string;
  body: Buffer;
}

/**
 * Takes a stream of answers apart. `methods` are those of the requests, in order, since answers to HEAD have no body;
 * past the end of the list they are GET. Without the list a body that is not there is taken for one of HEAD. Throws
 * Error for what is no answer, or not whole.
 */
export function readAnswers(bytes: Buffer, methods: readonly string[] | undefined): HttpAnswer[] {
  const answers: HttpAnswer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) throw new Error(`no end of the head: ${bytes.subarray(at, at + 200)}`);
    const headers = bytes.subarray(at, end).toString('latin1');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(headers)?.[1]);
    if (Number.isNaN(status)) throw new Error(`no answer: ${headers.slice(0, 200)}`);
    at = end + 4;
    if (status < 200) continue;
    const length = Number(/^content-length: (\d+)$/im.exec(headers)?.[1] ?? 0);
    const isHead =
      methods === undefined
        ? at === bytes.length || bytes.subarray(at, at + 7).toString() === 'HTTP/1.'
        : methods[answers.length] === 'HEAD';
    let body: Buffer = Buffer.alloc(0);
    if (/^transfer-encoding: chunked$/im.test(headers)) {
      // Only what Node.js says by itself, which has no content.
      if (bytes.subarray(at, at + 5).toString() !== '0\r\n\r\n') throw new Error(`chunks: ${headers}`);
      at += 5;
    } else if (!isHead) {
      body = bytes.subarray(at, at + length);
      if (body.length < length) throw new Error(`a body of ${body.length} of ${length} bytes`);
      at += length;
    }
    answers.push({ status, headers, body });
  }
  return answers;
}
