let latest: RTCPeerConnection | null = null;

/** mediasoup-client shows only the joint state of ICE and DTLS; to tell the two apart takes the connection itself. */
class ObservedPeerConnection extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    latest = this;
  }
}

export function observePeerConnections(): void {
  globalThis.RTCPeerConnection = ObservedPeerConnection;
}

/** Runs `create`, which makes a transport, and returns the peer connection that was made for it. */
export function withConnection<T>(create: () => T): { made: T; connection: RTCPeerConnection } {
  latest = null;
  const made = create();
  if (latest === null) throw new Error('the transport has made no peer connection');
  return { made, connection: latest };
}
