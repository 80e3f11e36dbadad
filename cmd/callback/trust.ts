import type { ConnectionOptions } from 'node:tls';
import type { Fields } from './fields.ts';

/** TLS settings of a connection. */
export interface Trust {
  /** No verification. */
  insecure: boolean;
  /**
   * PEM text: trusted authorities, or the server's own certificate, in place of the host's; undefined for the host's.
   */
  ca: string | undefined;
}

/** Reads `CA` and `Insecure`. */
export function trustFrom(fields: Fields): Trust {
  const insecure = fields.flag('Insecure');
  const ca = fields.text('CA') || undefined;
  if (ca !== undefined && insecure) fields.problem('CA', 'contradicts Insecure: keep one of them');
  if (ca !== undefined && !holdsCertificates(ca)) fields.problem('CA', 'expected certificates in PEM form');
  return { insecure, ca };
}

function holdsCertificates(text: string): boolean {
  try {
    return pinnedTo(text).ca.length > 0;
  } catch {
    return false;
  }
}

/**
 * TLS options that trust only certificates in `text`; for a server's own certificate host names are not compared.
 * Throws when one is invalid.
 */
export function pinnedTo(
  text: string,
): Required<Pick<ConnectionOptions, 'checkServerIdentity'>> & { ca: string[] } {
  // Loaded only when needed: TLS takes long to load, and may write to stderr, which `define` must not.
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  const { checkServerIdentity } = process.getBuiltinModule('node:tls');
  const ca = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const pinned = new Set(ca.map((certificate) => new X509Certificate(certificate).fingerprint256));
  return {
    ca,
    checkServerIdentity: (host, certificate) =>
      pinned.has(certificate.fingerprint256) ? undefined : checkServerIdentity(host, certificate),
  };
}
