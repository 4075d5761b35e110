import { describe, expect, it } from 'vitest';
import { createHarness, publisher, source } from './support.ts';

const track = (trackId: string, ssrc = 7) => ({ trackId, peerConnectionId: 'pc', ssrc });

describe('calls by sight', () => {
  it('tells a call, a client, its connection and its tracks once, however often they are heard of', () => {
    const { client, observer, callEvents, payloads } = createHarness();
    client({ clientId: 'alice', outboundAudioTracks: [track('mic')], sampleSeq: 0 });
    client({ clientId: 'alice', outboundAudioTracks: [track('mic')], sampleSeq: 1 });
    observer.flush();
    client({ clientId: 'alice', outboundAudioTracks: [track('mic')], sampleSeq: 2 });
    observer.flush();
    expect(callEvents()).toEqual([
      'CALL_STARTED',
      'CLIENT_JOINED',
      'PEER_CONNECTION_OPENED',
      'MEDIA_TRACK_ADDED',
    ]);
    expect(payloads('outbound-audio-track')).toHaveLength(3);
    expect(payloads('call-event')[0]).toMatchObject({
      serviceId: 'service',
      roomId: 'room',
      callId: 'call-1',
      timestamp: 1_700_000_000_000,
      message: 'Call (call-1) is started',
    });
  });

  it('counts simulcast layers as one track', () => {
    const { observer, callEvents, payloads } = createHarness();
    observer.addClientSample(source, publisher('alice'));
    observer.flush();
    expect(callEvents().filter((name) => name === 'MEDIA_TRACK_ADDED')).toHaveLength(2);
    expect(payloads('outbound-video-track').map((payload) => payload.rid)).toEqual(['l', 'h']);
    expect(payloads('outbound-video-track')[0]).toMatchObject({ label: 'send', callId: 'call-1' });
  });

  it('says the media kind of an outbound video track as it is', () => {
    const { observer, payloads } = createHarness();
    observer.addClientSample(source, publisher('alice'));
    observer.flush();
    const added = payloads('call-event').filter((payload) => payload.name === 'MEDIA_TRACK_ADDED');
    const decoded = added.map((payload) =>
      JSON.parse(Buffer.from(String(payload.attachments), 'base64').toString()),
    );
    expect(decoded).toEqual([
      { streamDirection: 'OUTBOUND', mediaKind: 'AUDIO', sfuStreamId: 'alice-a', sfuSinkId: null },
      { streamDirection: 'OUTBOUND', mediaKind: 'VIDEO', sfuStreamId: 'alice-v', sfuSinkId: null },
    ]);
  });

  it('dates a join by the earliest of its samples, whatever order they came in', () => {
    const { client, observer, payloads } = createHarness();
    client({ clientId: 'alice', timestamp: 3000 });
    client({ clientId: 'alice', timestamp: 1000 });
    client({ clientId: 'alice', timestamp: 2000 });
    observer.flush();
    expect(payloads('call-event').find((payload) => payload.name === 'CLIENT_JOINED')?.timestamp).toBe(1000);
  });

  it('keeps services and rooms apart', () => {
    const { client, observer, callEvents } = createHarness();
    client({ clientId: 'alice' });
    client({ clientId: 'alice', roomId: 'other' });
    client({ clientId: 'alice' }, { ...source, serviceId: 'other' });
    observer.flush();
    expect(callEvents().filter((name) => name === 'CALL_STARTED')).toHaveLength(3);
    expect(observer.stateCounts()).toMatchObject({ calls: 3, clients: 3 });
  });

  it('heeds a sample once that arrives twice, also when it is late', () => {
    const { client, observer, payloads } = createHarness();
    const sample = (sampleSeq: number) => ({
      clientId: 'alice',
      timestamp: 1000 + sampleSeq,
      sampleSeq,
      pcTransports: [{ transportId: 't', peerConnectionId: 'pc' }],
    });
    for (const sampleSeq of [0, 1, 1, 2, 0]) {
      client(sample(sampleSeq));
      observer.flush();
    }
    expect(payloads('peer-connection-transport').map((payload) => payload.sampleSeq)).toEqual([0, 1, 2]);
    expect(observer.counters.get('dropped', 'duplicate-sample')).toBe(2);
  });

  it('replaces the senders’ times by its own when told to', () => {
    const { client, observer, payloads, clock } = createHarness({ useServerTimestamp: true });
    client({ clientId: 'alice', timestamp: 5 });
    observer.flush();
    expect(payloads('call-event').every((payload) => payload.timestamp === clock.wallMs())).toBe(true);
  });

  it('leaves out what it is told not to accept', () => {
    const { client, sfu, observer, reports } = createHarness({
      acceptClientSamples: false,
      acceptSfuSamples: false,
    });
    client({ clientId: 'alice' });
    sfu({});
    observer.flush();
    expect(reports).toEqual([]);
    expect(observer.counters.get('dropped', 'not-accepted')).toBe(2);
  });
});

describe('slave mode, where senders name the calls', () => {
  const slave = () => createHarness({ callIdAssignMode: 'slave' });

  it('drops samples without a call id', () => {
    const { client, observer, reports } = slave();
    client({ clientId: 'alice' });
    observer.flush();
    expect(reports).toEqual([]);
    expect(observer.counters.get('dropped', 'call-id-missing')).toBe(1);
    expect(observer.stateCounts().calls).toBe(0);
  });

  it('ends a call when the room gets a new one, lets old clients finish and turns newcomers to it away', () => {
    const { client, observer, callEvents, payloads } = slave();
    client({ clientId: 'alice', callId: 'first' });
    observer.flush();
    client({ clientId: 'bob', callId: 'second' });
    observer.flush();
    expect(callEvents()).toEqual([
      'CALL_STARTED',
      'CLIENT_JOINED',
      'CALL_ENDED',
      'CALL_STARTED',
      'CLIENT_JOINED',
    ]);
    client({
      clientId: 'alice',
      callId: 'first',
      pcTransports: [{ transportId: 't', peerConnectionId: 'pc' }],
    });
    client({ clientId: 'carol', callId: 'first' });
    observer.flush();
    expect(payloads('peer-connection-transport')).toMatchObject([{ clientId: 'alice', callId: 'first' }]);
    expect(observer.counters.get('dropped', 'call-replaced')).toBe(1);
  });

  it('tells the end of a replaced call only once', async () => {
    const { client, observer, callEvents, pass } = slave();
    client({ clientId: 'alice', callId: 'first' });
    observer.flush();
    client({ clientId: 'bob', callId: 'second' });
    await pass(400);
    expect(callEvents().filter((name) => name === 'CALL_ENDED')).toHaveLength(2);
    expect(callEvents().filter((name) => name === 'CLIENT_LEFT')).toHaveLength(2);
    expect(observer.stateCounts()).toMatchObject({ calls: 0, clients: 0 });
  });
});

describe('idle expiry', () => {
  it('closes from the inside out after five minutes of silence', async () => {
    const { client, callEvents, pass, observer } = createHarness();
    client({ clientId: 'alice', outboundAudioTracks: [track('mic')] });
    await pass(299);
    expect(callEvents()).toHaveLength(4);
    await pass(3);
    expect(callEvents().slice(4)).toEqual([
      'MEDIA_TRACK_REMOVED',
      'PEER_CONNECTION_CLOSED',
      'CLIENT_LEFT',
      'CALL_ENDED',
    ]);
    expect(observer.stateCounts()).toMatchObject({ calls: 0, clients: 0, peerConnections: 0, tracks: 0 });
  });

  it('removes a track that is no longer told while its client goes on', async () => {
    const { client, callEvents, pass } = createHarness();
    client({ clientId: 'alice', outboundAudioTracks: [track('mic')], inboundAudioTracks: [track('ear', 8)] });
    for (let at = 0; at < 400; at += 10) {
      client({ clientId: 'alice', inboundAudioTracks: [track('ear', 8)] });
      await pass(10);
    }
    expect(callEvents().filter((name) => name === 'MEDIA_TRACK_REMOVED')).toHaveLength(1);
    expect(callEvents()).not.toContain('CLIENT_LEFT');
  });

  it('counts silence by its own clock, so a client whose clock is a day off stays', async () => {
    const { client, callEvents, pass, clock } = createHarness();
    for (let at = 0; at < 400; at += 10) {
      client({ clientId: 'alice', timestamp: clock.wallMs() - 86_400_000 });
      await pass(10);
    }
    expect(callEvents()).toEqual(['CALL_STARTED', 'CLIENT_JOINED']);
  });

  it('obeys limits of its own for each kind', async () => {
    const limits = { call: 300, client: 20, peerConnection: 10, inboundTrack: 5, outboundTrack: 8 };
    const sfuLimits = {
      sfu: 3,
      sfuTransport: 3,
      sfuInboundRtpPad: 3,
      sfuOutboundRtpPad: 3,
      sfuSctpChannel: 3,
    };
    const { client, callEvents, pass } = createHarness({ maxIdleS: { ...limits, ...sfuLimits } });
    client({ clientId: 'alice', outboundAudioTracks: [track('mic')], inboundAudioTracks: [track('ear', 8)] });
    await pass(7);
    expect(callEvents().slice(5)).toEqual(['MEDIA_TRACK_REMOVED']);
    await pass(3);
    expect(callEvents().slice(6)).toEqual(['MEDIA_TRACK_REMOVED']);
    await pass(2);
    expect(callEvents().slice(7)).toEqual(['PEER_CONNECTION_CLOSED']);
    await pass(10);
    expect(callEvents().slice(8)).toEqual(['CLIENT_LEFT']);
  });
});

describe('leaving and coming back', () => {
  const via = (connectionId: string) => ({ ...source, connectionId });
  const alice = [{ roomId: 'room', clientId: 'alice' }];

  it('ends a client when its own connection says goodbye', () => {
    const { client, observer, callEvents } = createHarness();
    client({ clientId: 'alice' }, via('one'));
    observer.endClients(via('one'), alice);
    expect(callEvents()).toEqual(['CALL_STARTED', 'CLIENT_JOINED', 'CLIENT_LEFT']);
  });

  it('stays one client over a reconnect, and a late goodbye of the old connection does not end it', () => {
    const { client, observer, callEvents } = createHarness();
    client({ clientId: 'alice', outboundAudioTracks: [track('mic')] }, via('one'));
    client(
      { clientId: 'alice', outboundAudioTracks: [{ ...track('mic2'), peerConnectionId: 'pc2' }] },
      via('two'),
    );
    observer.endClients(via('one'), alice);
    expect(callEvents().filter((name) => name === 'CLIENT_JOINED')).toHaveLength(1);
    expect(callEvents()).not.toContain('CLIENT_LEFT');
    observer.endClients(via('two'), alice);
    expect(callEvents().filter((name) => name === 'CLIENT_LEFT')).toHaveLength(1);
  });

  it('joins again after it left', () => {
    const { client, observer, callEvents } = createHarness();
    client({ clientId: 'alice' }, via('one'));
    observer.endClients(via('one'), alice);
    client({ clientId: 'alice' }, via('two'));
    observer.flush();
    expect(callEvents().slice(2)).toEqual(['CLIENT_LEFT', 'CLIENT_JOINED']);
  });

  it('ends everything when a run is over', async () => {
    const { client, observer, callEvents, sfu, sfuEvents } = createHarness();
    client({ clientId: 'alice', outboundAudioTracks: [track('mic')] });
    sfu({ transports: [{ transportId: 't' }] });
    await observer.close({ endCalls: true });
    expect(callEvents().at(-1)).toBe('CALL_ENDED');
    expect(sfuEvents().at(-1)).toBe('SFU_LEFT');
    expect(observer.stateCounts()).toMatchObject({ calls: 0, sfus: 0 });
  });

  it('ends nothing when a service stops', async () => {
    const { client, observer, callEvents } = createHarness();
    client({ clientId: 'alice' });
    await observer.close();
    expect(callEvents()).toEqual(['CALL_STARTED', 'CLIENT_JOINED']);
  });
});

describe('a call of a thousand', () => {
  it('gives exactly the right events when all join and all leave', async () => {
    const { observer, callEvents, pass } = createHarness();
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 1000; index += 1)
        observer.addClientSample(source, publisher(`client-${index}`));
      await pass(10);
    }
    await pass(310);
    const counts = Object.fromEntries(
      [...Map.groupBy(callEvents(), (name) => name)].map(([name, events]) => [name, events.length]),
    );
    expect(counts).toEqual({
      CALL_STARTED: 1,
      CLIENT_JOINED: 1000,
      PEER_CONNECTION_OPENED: 1000,
      MEDIA_TRACK_ADDED: 2000,
      MEDIA_TRACK_REMOVED: 2000,
      PEER_CONNECTION_CLOSED: 1000,
      CLIENT_LEFT: 1000,
      CALL_ENDED: 1,
    });
    expect(observer.stateCounts()).toMatchObject({ calls: 0, clients: 0, tracks: 0 });
  });
});
