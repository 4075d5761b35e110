import type { Device, types } from 'mediasoup-client';
import type { SignallingClient } from '../../../../cluster/signalling/client.ts';
import type { LinkListener } from '../link.ts';
import { isMediaSource } from '../media-source.ts';
import { withConnection } from './peer-connections.ts';

/** Makes one transport at both ends and ties it to the signalling. */
export async function openTransport(
  device: Device,
  client: SignallingClient,
  direction: 'send' | 'recv',
  listener: LinkListener,
  signal: AbortSignal,
): Promise<types.Transport> {
  const info = await client.request('createTransport', { direction }, { signal });
  const options = {
    id: info.transportId,
    iceParameters: info.iceParameters,
    iceCandidates: info.iceCandidates,
    dtlsParameters: info.dtlsParameters,
  } as types.TransportOptions;
  const { made: transport, connection } = withConnection(() =>
    direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options),
  );
  connection.addEventListener('iceconnectionstatechange', () => {
    if (['connected', 'completed'].includes(connection.iceConnectionState)) listener.iceConnected();
  });
  transport.on('connect', ({ dtlsParameters }, done, fail) => {
    client
      .request('connectTransport', { transportId: transport.id, dtlsParameters }, { signal })
      .then(done, fail);
  });
  transport.on('connectionstatechange', (state) => {
    if (state === 'connected') listener.connected();
    if (state === 'failed') listener.lost(`the ${direction} transport failed`);
  });
  transport.on('produce', ({ kind, rtpParameters, appData }, done, fail) => {
    const { source } = appData;
    if (!isMediaSource(source)) {
      fail(new Error('a producer without its source'));
      return;
    }
    const askedMs = performance.now();
    client
      .request(
        'produce',
        // The two libraries describe the same JSON in types of their own.
        { transportId: transport.id, kind, source, rtpParameters: rtpParameters as never },
        { signal },
      )
      .then(({ producerId }) => {
        listener.published(source, performance.now() - askedMs);
        done({ id: producerId });
      }, fail);
  });
  return transport;
}
