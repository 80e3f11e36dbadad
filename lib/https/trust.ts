import type { AgentOptions } from 'node:https';
import { refusal } from '../models/index.ts';

/**
 * Whom to trust. Without `ca` nobody is checked, since BMCs come with certificates of their own making. With it, only
 * what it vouches for; a BMC whose own certificate is in it may have any name, since few know theirs.
 * Throws ModelError 400 when it is no PEM text.
 */
export async function trust(
  ca: string | undefined,
): Promise<Pick<AgentOptions, 'rejectUnauthorized' | 'ca' | 'checkServerIdentity'>> {
  if (ca === undefined) return { rejectUnauthorized: false };
  const [{ X509Certificate }, { checkServerIdentity }] = await Promise.all([
    import('node:crypto'),
    import('node:tls'),
  ]);
  const texts = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (texts.length === 0) throw refusal(400, 'ipmi/ca: holds no certificate in PEM form');
  let pinned: Set<string>;
  try {
    pinned = new Set(texts.map((text) => new X509Certificate(text).fingerprint256));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(400, `ipmi/ca: holds a certificate that cannot be read: ${why}`, error);
  }
  return {
    rejectUnauthorized: true,
    ca: texts,
    checkServerIdentity: (host, certificate) =>
      pinned.has(certificate.fingerprint256) ? undefined : checkServerIdentity(host, certificate),
  };
}
