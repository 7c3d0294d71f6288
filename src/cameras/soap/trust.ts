// Whom a camera's HTTPS is believed: the certificate that it first had, for cameras sign their own (docs/decisions/camera-https.md).
import type { X509Certificate } from 'node:crypto';
import type { Text } from '#base';

/** What is known of a camera's certificate. */
export interface CameraCertificate {
  /** SHA-256 of the certificate, hexadecimal with colons. */
  readonly fingerprint: string;
  /** As the certificate writes it, like `Nov 20 04:00:00 2026 GMT`. */
  readonly validUntil: string;
}

/** The trust in one camera's certificate. */
export interface Trust {
  /** The certificate that the camera showed last, trusted or not. */
  readonly seen: CameraCertificate | undefined;
  /** The fingerprint that it must have; undefined until it was learnt. */
  readonly pinned: string | undefined;
  /** What was learnt in an earlier run. */
  pin(fingerprint: string): void;
  /** Learns the first certificate, and says of another why it is not trusted: nothing may be sent then. */
  check(certificate: X509Certificate | undefined): Text | undefined;
}

/** Opens the trust in one camera; nothing is pinned yet. */
export function openTrust(): Trust {
  return new FirstSeen();
}

class FirstSeen implements Trust {
  seen: CameraCertificate | undefined;
  pinned: string | undefined;

  pin(fingerprint: string): void {
    this.pinned = fingerprint;
  }

  check(certificate: X509Certificate | undefined): Text | undefined {
    if (!certificate) return { ko: '인증서 없음', en: 'no certificate' };
    const { fingerprint256: fingerprint, validTo } = certificate;
    this.seen = { fingerprint, validUntil: validTo.slice(0, 40) };
    this.pinned ??= fingerprint;
    if (this.pinned === fingerprint) return undefined;
    const [was, is] = [this.pinned.slice(0, 11), fingerprint.slice(0, 11)];
    return { ko: `인증서 지문 ${was}… → ${is}…`, en: `fingerprint ${was}… became ${is}…` };
  }
}
