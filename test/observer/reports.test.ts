import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createHarness } from './support.ts';

const hash = (text: string): string => createHash('sha256').update(`salt${text}`).digest('hex');
const hidden = {
  iceAddresses: 'anonymization',
  roomId: 'anonymization',
  userId: 'anonymization',
  hashAlgorithm: 'SHA-256',
  hashSalt: 'salt',
} as const;

describe('reports of a client’s surroundings', () => {
  it('are one a thing, with its JSON as payload', () => {
    const { client, observer, payloads } = createHarness();
    client({
      clientId: 'alice',
      os: { name: 'linux' },
      engine: { name: 'Blink' },
      platform: { type: 'desktop' },
      browser: { name: 'Chromium' },
      codecs: [{ mimeType: 'audio/opus' }],
      certificates: [{ fingerprint: 'f' }],
      iceServers: ['stun:x'],
      mediaConstraints: ['{}'],
      mediaDevices: [{ id: 'd', kind: 'audioinput' }],
      mediaSources: [{ trackIdentifier: 'mic' }],
      userMediaErrors: ['NotAllowedError'],
      localSDPs: ['v=0', 'o=-'],
      iceLocalCandidates: [{ peerConnectionId: 'pc', address: '10.0.0.1' }],
      iceRemoteCandidates: [{ peerConnectionId: 'pc', address: '10.0.0.2' }],
    });
    observer.flush();
    const meta = Object.fromEntries(payloads('call-meta-data').map(({ type, payload }) => [type, payload]));
    expect(meta).toMatchObject({
      OPERATION_SYSTEM: '{"name":"linux"}',
      BROWSER: '{"name":"Chromium"}',
      CODEC: '{"mimeType":"audio/opus"}',
      USER_MEDIA_ERROR: 'NotAllowedError',
      LOCAL_SDP: 'v=0\no=-',
      ICE_LOCAL_CANDIDATE: '{"peerConnectionId":"pc","address":"10.0.0.1"}',
    });
    expect(Object.keys(meta)).toHaveLength(14);
  });

  it('carry custom events and extension stats, and drop extensions that are not JSON', () => {
    const { client, sfu, observer, payloads } = createHarness();
    client({
      clientId: 'alice',
      customCallEvents: [{ name: 'RAISED_HAND', value: 'left', timestamp: 42 }],
      customObserverEvents: [{ name: 'NOTED', message: 'm' }],
      extensionStats: [
        { type: 'mine', payload: '{"a":1}' },
        { type: 'bad', payload: '{' },
      ],
    });
    sfu({
      customSfuEvents: [{ name: 'REBALANCED', sfuStreamId: 's', sfuSinkId: 'k' }],
      extensionStats: [{ type: 'load', payload: '1' }],
    });
    observer.flush();
    expect(payloads('call-event').at(-1)).toMatchObject({
      name: 'RAISED_HAND',
      value: 'left',
      timestamp: 42,
      clientId: 'alice',
    });
    expect(payloads('observer-event')).toMatchObject([{ name: 'NOTED', message: 'm', roomId: 'room' }]);
    expect(payloads('client-extension-data')).toMatchObject([{ extensionType: 'mine', payload: '{"a":1}' }]);
    expect(payloads('sfu-event').at(-1)).toMatchObject({
      name: 'REBALANCED',
      mediaStreamId: 's',
      mediaSinkId: 'k',
    });
    expect(payloads('sfu-extension-data')).toMatchObject([
      { extensionType: 'load', payload: '1', sfuId: 'sfu' },
    ]);
    expect(observer.counters.get('dropped', 'extension-not-json')).toBe(1);
  });

  it('spell data channels as the report’s columns do', () => {
    const { client, observer, payloads } = createHarness();
    client({
      clientId: 'alice',
      pcTransports: [{ transportId: 't', peerConnectionId: 'pc', label: 'main' }],
      dataChannels: [{ peerConnectionId: 'pc', label: 'chat', messageSent: 3, messageReceived: 4 }],
    });
    observer.flush();
    expect(payloads('peer-connection-data-channel')).toMatchObject([
      { label: 'chat', peerConnectionLabel: 'main', messagesSent: 3, messagesReceived: 4 },
    ]);
  });
});

describe('obfuscation', () => {
  const sdp =
    'o=- 1 2 IN IP4 192.0.2.7\r\na=candidate:1 1 udp 1 192.0.2.7 9 typ srflx raddr 10.1.1.1 rport 9';

  it('leaves no name and no address anywhere, and gives the same hash each time', () => {
    const { client, sfu, observer, reports } = createHarness({}, hidden);
    client({
      clientId: 'alice',
      roomId: 'secret room',
      userId: 'Alice A.',
      localSDPs: [sdp],
      iceLocalCandidates: [{ address: '192.0.2.7' }],
    });
    sfu({ transports: [{ transportId: 't', localAddress: '192.0.2.8', remoteAddress: '192.0.2.7' }] });
    observer.flush();
    const text = JSON.stringify(reports.map(({ base, own, stat }) => [base, own, stat]));
    for (const secret of ['secret room', 'Alice A.', '192.0.2.7', '192.0.2.8', '10.1.1.1']) {
      expect(text).not.toContain(secret);
    }
    expect(text).toContain(hash('secret room'));
    expect(text).toContain(`raddr ${hash('10.1.1.1')}`);
    expect(text.split(hash('192.0.2.7')).length).toBeGreaterThan(3);
  });

  it('still finds the client when it leaves', () => {
    const { client, observer, callEvents } = createHarness({}, hidden);
    const source = { serviceId: 'service', mediaUnitId: 'unit', connectionId: 'one' };
    client({ clientId: 'alice' }, source);
    observer.endClients(source, [{ roomId: 'room', clientId: 'alice' }]);
    expect(callEvents()).toContain('CLIENT_LEFT');
  });

  it('hides only what it is told to', () => {
    const { client, observer, payloads } = createHarness(
      {},
      { ...hidden, roomId: 'none', iceAddresses: 'none' },
    );
    client({ clientId: 'alice', userId: 'Alice A.', localSDPs: [sdp] });
    observer.flush();
    expect(payloads('call-meta-data')[0]).toMatchObject({
      roomId: 'room',
      payload: sdp,
      userId: hash('Alice A.'),
    });
  });
});
