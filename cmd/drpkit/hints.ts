import { ModelError, UUID } from '../../lib/models/index.ts';

/** Prefixes whose objects users know by name, but endpoints by another key. */
const BY_UUID: ReadonlySet<string> = new Set(['machines', 'jobs']);

/** Advice for an error; undefined when the error needs no advice. */
export function hintFor(error: unknown): string | undefined {
  if (!(error instanceof ModelError)) return undefined;
  const { code, model, key } = error;
  // The error may come from another server than the endpoint.
  const isDownload = error.message.startsWith('Error opening ');
  if (!isDownload && causeCodes(error).some((cause) => cause === 'ECONNREFUSED' || cause === 'ENOTFOUND')) {
    return `Is an endpoint running there? 'drpkit endpoint --root dev' starts one for development;
RS_ENDPOINT=https://HOST:PORT or --endpoint names another.`;
  }
  if (error.message.startsWith('Error creating Session') && (code === 401 || code === 403)) {
    return `User and password are taken from RS_KEY=USER:PASSWORD, or --username and --password. A development endpoint prints
its password at its first start; without it, delete endpoint.db in its folder and start it anew.`;
  }
  if (code === 404 && BY_UUID.has(model) && key !== '' && !key.includes(':') && !UUID.test(key)) {
    return `Objects of ${model} are known by their Uuid, or by an index: ${model === 'machines' ? `Name:${key}` : 'Uuid:...'}`;
  }
  return undefined;
}

/** Codes of the system errors in the chain of causes. */
function causeCodes(error: Error): unknown[] {
  const codes: unknown[] = [];
  for (let cause: unknown = error; cause instanceof Error && codes.length < 10; cause = cause.cause) {
    codes.push((cause as NodeJS.ErrnoException).code);
  }
  return codes;
}
