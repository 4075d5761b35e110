import { describe, expect, it } from 'vitest';
import { createHarness, publisher, source } from './support.ts';

const watching = (clientId: string, of: string) => ({
  clientId,
  inboundVideoTracks: [
    {
      ssrc: 99,
      trackId: `${clientId}-sees-${of}`,
      peerConnectionId: `${clientId}-recv`,
      sfuStreamId: `${of}-v`,
      sfuSinkId: `${of}-v-to-${clientId}`,
      bytesReceived: 10,
    },
  ],
});

describe('inbound tracks', () => {
  it('finds the sender through the SFU, also when the receiver is heard first', () => {
    const { client, observer, payloads } = createHarness();
    client(watching('bob', 'alice'));
    observer.addClientSample(source, { ...publisher('alice'), userId: 'Alice A.' });
    observer.flush();
    expect(payloads('inbound-video-track')).toMatchObject([
      {
        clientId: 'bob',
        remoteClientId: 'alice',
        remoteUserId: 'Alice A.',
        remotePeerConnectionId: 'alice-pc',
        remoteTrackId: 'alice-cam',
      },
    ]);
  });

  it('remembers the stream of a sink that is named without it later', () => {
    const { client, observer, payloads } = createHarness();
    observer.addClientSample(source, publisher('alice'));
    client(watching('bob', 'alice'));
    const [track] = watching('bob', 'alice').inboundVideoTracks;
    const { sfuStreamId: _, ...withoutStream } = track ?? { ssrc: 0, sfuStreamId: '' };
    client({ clientId: 'bob', inboundVideoTracks: [withoutStream] });
    observer.flush();
    expect(payloads('inbound-video-track').map((payload) => payload.remoteClientId)).toEqual([
      'alice',
      'alice',
    ]);
  });

  it('finds the sender by SSRC without an SFU, among the others of the call only', () => {
    const { client, observer, payloads } = createHarness();
    client({ clientId: 'alice', outboundAudioTracks: [{ ssrc: 5, trackId: 'a', peerConnectionId: 'p1' }] });
    client({ clientId: 'bob', inboundAudioTracks: [{ ssrc: 5, trackId: 'b', peerConnectionId: 'p2' }] });
    client({ clientId: 'alice', inboundAudioTracks: [{ ssrc: 5, trackId: 'echo', peerConnectionId: 'p1' }] });
    client({
      clientId: 'eve',
      roomId: 'elsewhere',
      inboundAudioTracks: [{ ssrc: 5, trackId: 'e', peerConnectionId: 'p3' }],
    });
    observer.flush();
    const remotes = payloads('inbound-audio-track').map(({ clientId, remoteClientId }) => [
      clientId,
      remoteClientId,
    ]);
    expect(remotes).toEqual([
      ['bob', 'alice'],
      ['alice', undefined],
      ['eve', undefined],
    ]);
  });

  it('follows a sender to its new connection, and the end of the old one unties nothing', async () => {
    const { client, observer, payloads, pass } = createHarness();
    observer.addClientSample(source, publisher('alice'));
    const moved = publisher('alice');
    for (const track of [...(moved.outboundAudioTracks ?? []), ...(moved.outboundVideoTracks ?? [])]) {
      track.peerConnectionId = 'alice-new';
    }
    for (let at = 0; at < 400; at += 50) {
      await pass(50);
      observer.addClientSample(source, { ...structuredClone(moved), pcTransports: [] });
    }
    client(watching('bob', 'alice'));
    observer.flush();
    expect(payloads('inbound-video-track').at(-1)).toMatchObject({ remotePeerConnectionId: 'alice-new' });
  });

  it('reports unmatched tracks unless told to drop them', () => {
    for (const dropUnmatchedReports of [false, true]) {
      const { client, observer, payloads } = createHarness({ dropUnmatchedReports });
      client(watching('bob', 'nobody'));
      observer.flush();
      expect(payloads('inbound-video-track')).toHaveLength(dropUnmatchedReports ? 0 : 1);
      expect(observer.counters.get('dropped', 'unmatched')).toBe(dropUnmatchedReports ? 1 : 0);
    }
  });

  it('counts matched and unmatched tracks of each client in the summary', () => {
    const { client, observer } = createHarness();
    client({
      clientId: 'bob',
      inboundVideoTracks: [
        ...watching('bob', 'alice').inboundVideoTracks,
        ...watching('bob', 'nobody').inboundVideoTracks,
      ],
    });
    observer.flush();
    observer.addClientSample(source, publisher('alice'));
    client(watching('bob', 'alice'));
    observer.flush();
    const bob = observer.summary().calls[0]?.clients.find(({ clientId }) => clientId === 'bob');
    expect(bob).toMatchObject({ matchedTracks: 1, unmatchedTracks: 1 });
  });
});

describe('pads of SFUs', () => {
  const inbound = (streamId: string, extra: object = {}) => ({
    transportId: 't-in',
    streamId,
    padId: `${streamId}-pad`,
    ssrc: 2,
    ...extra,
  });

  it('ties what it receives to the sender and what it sends to the receiver', () => {
    const { client, sfu, observer, payloads } = createHarness();
    sfu({
      transports: [{ transportId: 't-in' }, { transportId: 't-out' }],
      inboundRtpPads: [inbound('alice-v')],
      outboundRtpPads: [
        { transportId: 't-out', streamId: 'alice-v', sinkId: 'alice-v-to-bob', padId: 'out-pad', ssrc: 99 },
      ],
    });
    observer.addClientSample(source, publisher('alice'));
    client(watching('bob', 'alice'));
    observer.flush();
    expect(payloads('sfu-inbound-rtp-pad')).toMatchObject([
      {
        callId: 'call-1',
        clientId: 'alice',
        trackId: 'alice-cam',
        sfuStreamId: 'alice-v',
        rtpPadId: 'alice-v-pad',
      },
    ]);
    expect(payloads('sfu-outbound-rtp-pad')).toMatchObject([
      { callId: 'call-1', clientId: 'bob', trackId: 'bob-sees-alice', sfuSinkId: 'alice-v-to-bob' },
    ]);
    expect(payloads('sfu-transport')).toMatchObject([
      { transportId: 't-in', callId: 'call-1', roomId: 'room' },
      { transportId: 't-out', callId: 'call-1' },
    ]);
  });

  it('finds the other end of a pipe, by ports when one stream goes to several SFUs', () => {
    const { sfu, observer, payloads } = createHarness();
    const out = (to: string) => ({
      transportId: `a-to-${to}`,
      streamId: 'alice-v',
      sinkId: `pipe-${to}`,
      padId: `a-out-${to}`,
      ssrc: 42,
      internal: true,
    });
    sfu({
      sfuId: 'a',
      transports: [
        { transportId: 'a-to-b', internal: true, localPort: 1000, remotePort: 2000 },
        { transportId: 'a-to-c', internal: true, localPort: 1001, remotePort: 3000 },
      ],
      outboundRtpPads: [out('b'), out('c')],
    });
    for (const [sfuId, localPort, remotePort] of [
      ['b', 2000, 1000],
      ['c', 3000, 1001],
    ] as const) {
      sfu({
        sfuId,
        transports: [{ transportId: `${sfuId}-in`, internal: true, localPort, remotePort }],
        inboundRtpPads: [
          {
            transportId: `${sfuId}-in`,
            streamId: 'alice-v',
            padId: `${sfuId}-pad`,
            ssrc: 42,
            internal: true,
          },
        ],
      });
    }
    observer.flush();
    expect(payloads('sfu-inbound-rtp-pad')).toMatchObject([
      {
        sfuId: 'b',
        remoteSfuId: 'a',
        remoteTransportId: 'a-to-b',
        remoteSinkId: 'pipe-b',
        remoteRtpPadId: 'a-out-b',
      },
      {
        sfuId: 'c',
        remoteSfuId: 'a',
        remoteTransportId: 'a-to-c',
        remoteSinkId: 'pipe-c',
        remoteRtpPadId: 'a-out-c',
      },
    ]);
  });

  it('drops what is unmatched by the flag of its kind, and by no other', () => {
    const sample = {
      inboundRtpPads: [inbound('nobody'), inbound('piped', { internal: true, transportId: 't-pipe' })],
      outboundRtpPads: [{ transportId: 't-out', streamId: 'nobody', sinkId: 's', padId: 'o', ssrc: 1 }],
    };
    const reported = (settings: Parameters<typeof createHarness>[0]) => {
      const { sfu, observer, payloads } = createHarness(settings);
      sfu(structuredClone(sample));
      observer.flush();
      return [...payloads('sfu-inbound-rtp-pad'), ...payloads('sfu-outbound-rtp-pad')].map(
        ({ rtpPadId }) => rtpPadId,
      );
    };
    expect(reported({})).toEqual(['nobody-pad', 'piped-pad', 'o']);
    expect(reported({ dropUnmatchedInboundReports: true })).toEqual(['piped-pad', 'o']);
    expect(reported({ dropUnmatchedInternalInboundReports: true })).toEqual(['nobody-pad', 'o']);
    expect(reported({ dropUnmatchedOutboundReports: true })).toEqual(['nobody-pad', 'piped-pad']);
    expect(reported({ dropUnmatchedReports: true })).toEqual(['nobody-pad', 'piped-pad', 'o']);
  });

  it('knows what says noReport, and does not report it', () => {
    const { sfu, observer, payloads, sfuEvents } = createHarness();
    sfu({
      transports: [{ transportId: 't-in', noReport: true }],
      inboundRtpPads: [inbound('s', { noReport: true })],
      sctpChannels: [{ transportId: 't-in', streamId: 'x', channelId: 'c', noReport: true }],
    });
    observer.flush();
    expect(sfuEvents()).toEqual([
      'SFU_JOINED',
      'SFU_TRANSPORT_OPENED',
      'SFU_RTP_PAD_ADDED',
      'SFU_SCTP_STREAM_ADDED',
    ]);
    for (const type of ['sfu-transport', 'sfu-inbound-rtp-pad', 'sfu-sctp-stream'] as const) {
      expect(payloads(type)).toEqual([]);
    }
  });

  it('closes pads and streams with their transport, and everything with the SFU', async () => {
    const { sfu, sfuEvents, pass, observer } = createHarness();
    sfu({
      transports: [{ transportId: 't-in' }],
      inboundRtpPads: [inbound('s')],
      sctpChannels: [{ transportId: 't-in', streamId: 'x', channelId: 'c', messageSent: 3 }],
    });
    for (let at = 0; at < 310; at += 10) {
      sfu({});
      await pass(10);
    }
    expect(sfuEvents().slice(4)).toEqual([
      'SFU_RTP_PAD_REMOVED',
      'SFU_SCTP_STREAM_REMOVED',
      'SFU_TRANSPORT_CLOSED',
    ]);
    await pass(310);
    expect(sfuEvents().at(-1)).toBe('SFU_LEFT');
    expect(observer.stateCounts()).toMatchObject({ sfus: 0, transports: 0, pads: 0 });
  });
});
