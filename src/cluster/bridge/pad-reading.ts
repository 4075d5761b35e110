import type { types as mediasoup } from 'mediasoup';
import type { PadReading } from '../../targets/types.ts';
import type { Ledger } from './ledger.ts';

export interface PadSource
  extends Pick<PadReading, 'bridgeId' | 'transportId' | 'producerId' | 'consumerId'> {
  item: Pick<mediasoup.Producer | mediasoup.Consumer, 'kind' | 'rtpParameters'>;
  last: NonNullable<ReturnType<Ledger['lastOf']>>;
  /** Where it goes through a pipe. */
  pipe: Pick<mediasoup.TransportTuple, 'localPort' | 'remotePort'> | null;
}

/** A producer or consumer in the words that targets share. */
export function padReading({ item, last, pipe, ...identity }: PadSource): PadReading {
  const { tally, traffic, readAtMs } = last;
  return {
    ...identity,
    internal: traffic === 'relay',
    kind: item.kind,
    ssrc: item.rtpParameters.encodings?.[0]?.ssrc ?? null,
    localPort: pipe?.localPort ?? null,
    remotePort: pipe?.remotePort ?? null,
    readAtMs,
    packets: (identity.consumerId === null ? tally.packetsIn : tally.packetsOut) ?? null,
    nackCount: tally.nackCount ?? null,
    pliCount: tally.pliCount ?? null,
    firCount: tally.firCount ?? null,
    packetsLost: tally.packetsLostIn ?? null,
    packetsRetransmitted: tally.packetsRetransmittedOut ?? null,
  };
}
