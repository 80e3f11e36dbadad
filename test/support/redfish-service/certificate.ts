import type { SelfsignedOptions } from 'selfsigned';
import { type Certificate, keptCertificate } from '../kept-certificate.ts';

export type { Certificate };

let own: Promise<Certificate> | undefined;

/** A certificate that is its own authority and names no host that it is used for, as those of BMCs. */
export function ownCertificate(): Promise<Certificate> {
  own ??= keptCertificate('bmc', (generate) =>
    generate([{ name: 'commonName', value: 'bmc.example' }], options('bmc.example')),
  );
  return own;
}

/** A certificate for a host name and, if given, an address; signed by an authority or by itself. */
export async function makeCertificate(
  name: string,
  signed: { by?: Certificate; address?: string } = {},
): Promise<Certificate> {
  const { generate } = await import('selfsigned');
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], options(name, signed));
  return { key, cert };
}

function options(
  name: string,
  { by, address }: { by?: Certificate; address?: string } = {},
): SelfsignedOptions {
  return {
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
  };
}
