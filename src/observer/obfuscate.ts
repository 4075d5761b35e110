import { createHash, getHashes } from 'node:crypto';
import type { ClientSample, SfuSample } from './schema/samples.ts';

export type Obfuscation = 'none' | 'anonymization';

export interface ObfuscationSettings {
  iceAddresses: Obfuscation;
  roomId: Obfuscation;
  userId: Obfuscation;
  /** By Java's name, as upstream: `SHA-256`, `SHA-1`, `MD5`… Default SHA-256. */
  hashAlgorithm: string;
  hashSalt: string;
}

/** Hashes that were made lately; a room or an address comes again with every sample. */
const REMEMBERED_HASHES = 20_000;

/** Node's name of a hash algorithm that Java calls `SHA-256`; null when there is none. */
export function nodeHashName(javaName: string): string | null {
  const wanted = javaName.toLowerCase().replaceAll('-', '');
  return getHashes().find((name) => name.toLowerCase().replaceAll('-', '') === wanted) ?? null;
}

type Hash = (text: string) => string;

function saltedHash(algorithm: string, salt: string): Hash {
  const known = new Map<string, string>();
  return (text) => {
    let hash = known.get(text);
    if (hash === undefined) {
      hash = createHash(algorithm).update(salt).update(text).digest('hex');
      if (known.size >= REMEMBERED_HASHES) known.clear();
      known.set(text, hash);
    }
    return hash;
  };
}

/** Addresses in a session description: connection lines, origins, RTCP lines and candidates (RFC 8866, RFC 8839). */
const SDP_ADDRESSES = [/(\bIN IP[46] )(\S+)/g, /^(a=candidate:\S+ \d+ \S+ \d+ )(\S+)/gm, /( raddr )(\S+)/g];

function hideInSdp(sdp: string, hash: Hash): string {
  return SDP_ADDRESSES.reduce(
    (text, pattern) => text.replace(pattern, (_, before: string, address: string) => before + hash(address)),
    sdp,
  );
}

function hideAddresses(sample: ClientSample, hash: Hash): void {
  for (const candidate of [...(sample.iceLocalCandidates ?? []), ...(sample.iceRemoteCandidates ?? [])]) {
    if (candidate.address !== undefined) candidate.address = hash(candidate.address);
  }
  if (sample.localSDPs !== undefined) sample.localSDPs = sample.localSDPs.map((sdp) => hideInSdp(sdp, hash));
}

export interface Obfuscator {
  client(sample: ClientSample): void;
  sfu(sample: SfuSample): void;
}

/**
 * Replaces what names persons by salted hashes (hexadecimal), in the sample itself and before anything is kept of
 * it, so that no buffer, log or spill file ever holds it. The same name gives the same hash. What is inside
 * extension stats is not known and not touched.
 */
export function createObfuscator(settings: ObfuscationSettings): Obfuscator {
  const hash = saltedHash(nodeHashName(settings.hashAlgorithm) ?? 'sha256', settings.hashSalt);
  const addresses = settings.iceAddresses === 'anonymization';
  return {
    client(sample) {
      if (settings.roomId === 'anonymization' && sample.roomId) sample.roomId = hash(sample.roomId);
      if (settings.userId === 'anonymization' && sample.userId) sample.userId = hash(sample.userId);
      if (addresses) hideAddresses(sample, hash);
    },
    sfu(sample) {
      if (!addresses) return;
      for (const transport of sample.transports ?? []) {
        if (transport.localAddress !== undefined) transport.localAddress = hash(transport.localAddress);
        if (transport.remoteAddress !== undefined) transport.remoteAddress = hash(transport.remoteAddress);
      }
    },
  };
}
