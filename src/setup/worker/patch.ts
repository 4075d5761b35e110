/** The source file with the condition, below mediasoup's `worker/src`. */
export const PATCHED_FILE = 'RTC/DtlsTransport.cpp';

const TRAP = 'operationType == BIO_CB_RETURN';
/** What the condition becomes; part of what makes one build another. */
export const MENDED = '(operationType & BIO_CB_RETURN) != 0';

export type PatchResult =
  | { kind: 'patched'; source: string }
  /** Upstream tests the bit by itself. */
  | { kind: 'unneeded' }
  /** The place is not there: this is not a source that the recipe knows. */
  | { kind: 'unknown' };

/**
 * Mends the BIO callback of mediasoup's DTLS transport. OpenSSL calls it with the operation *or-ed* with
 * `BIO_CB_RETURN` (BIO_set_callback_ex(3)), but upstream compares for equality and so answers 1 to every question
 * put by BIO_ctrl. An OpenSSL with kernel TLS, as Debian builds it, asks `BIO_get_ktls_send`, hears yes, allocates
 * no write buffer, and the worker dies at the first ClientHello. Upstream's own OpenSSL is built without.
 */
export function patchDtlsTransport(source: string): PatchResult {
  const parts = source.split(TRAP);
  if (parts.length === 2) return { kind: 'patched', source: parts.join(MENDED) };
  return /operationType\s*&\s*BIO_CB_RETURN/.test(source) ? { kind: 'unneeded' } : { kind: 'unknown' };
}
