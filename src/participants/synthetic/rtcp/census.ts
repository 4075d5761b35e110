import { FeedbackFormat, RtcpType } from './build.ts';

const APPLICATION = 204;

const NAMES: Record<number, string> = {
  [RtcpType.sr]: 'SR',
  [RtcpType.rr]: 'RR',
  [RtcpType.sdes]: 'SDES',
  [RtcpType.bye]: 'BYE',
  [APPLICATION]: 'APP',
  [RtcpType.xr]: 'XR',
};
const TRANSPORT_NAMES: Record<number, string> = {
  [FeedbackFormat.nack]: 'NACK',
  [FeedbackFormat.transportWide]: 'transport-cc',
};
const PAYLOAD_NAMES: Record<number, string> = {
  [FeedbackFormat.pli]: 'PLI',
  [FeedbackFormat.fir]: 'FIR',
  [FeedbackFormat.applicationLayer]: 'REMB',
};

/** The packets of a compound in the clear (RFC 3550, section 6.1), by the names of their types, in their order. */
export function rtcpNames(compound: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0; at + 4 <= compound.length; ) {
    const format = (compound[at] ?? 0) & 0x1f;
    const type = compound[at + 1] ?? 0;
    if (type === RtcpType.rtpfb) names.push(TRANSPORT_NAMES[format] ?? `RTPFB ${format}`);
    else if (type === RtcpType.psfb) names.push(PAYLOAD_NAMES[format] ?? `PSFB ${format}`);
    else names.push(NAMES[type] ?? `type ${type}`);
    at += 4 + 4 * (((compound[at + 2] ?? 0) << 8) | (compound[at + 3] ?? 0));
  }
  return names;
}

/** How many compounds of a make-up were seen. */
export interface RtcpCount {
  direction: 'sent' | 'received';
  /** As `rtcpNames` gives them. */
  names: string[];
  count: number;
}

/** Counts RTCP by type, for who wants to compare what goes over the wire; a run does without. */
export class RtcpCensus {
  readonly #counts = new Map<string, RtcpCount>();

  count(direction: RtcpCount['direction'], compound: Uint8Array): void {
    const names = rtcpNames(compound);
    const key = `${direction} ${names.join('+')}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { direction, names, count: 1 });
    else known.count += 1;
  }

  get counts(): RtcpCount[] {
    return [...this.#counts.values()];
  }
}
