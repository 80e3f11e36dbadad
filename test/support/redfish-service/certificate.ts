import { generate } from 'selfsigned';

export interface Certificate {
  key: string;
  cert: string;
}

const made = new Map<string, Promise<Certificate>>();

/** A self-signed certificate for a name, as BMCs make them; the same one for each call in a process. */
export function certificate(name: string): Promise<Certificate> {
  const known = made.get(name) ?? make(name);
  made.set(name, known);
  return known;
}

async function make(name: string): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  });
  return { key, cert };
}
