import { generate } from 'selfsigned';

/** PEM texts. */
export interface Certificate {
  key: string;
  cert: string;
}

let own: Promise<Certificate> | undefined;

/** A certificate that is its own authority and names no host that it is used for, as those of BMCs. */
export function ownCertificate(): Promise<Certificate> {
  own ??= makeCertificate('bmc.example');
  return own;
}

/** A certificate for a host name and, if given, an address; signed by an authority or by itself. */
export async function makeCertificate(
  name: string,
  signed: { by?: Certificate; address?: string } = {},
): Promise<Certificate> {
  const { by, address } = signed;
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    ca: by,
    extensions: [
      { name: 'basicConstraints', cA: by === undefined, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: name },
          ...(address === undefined ? [] : [{ type: 7, ip: address } as const]),
        ],
      },
    ],
  });
  return { key, cert };
}
