// Bundled and run in a browser by observer-client-monitor.test.ts: two clients of one call, each with its own monitor.
import { createClientMonitor } from '@observertc/client-monitor-js';

globalThis.startCall = async ({ url, alice, bob, format }) => {
  const monitorOf = (clientId) =>
    createClientMonitor({
      tickingTimeInMs: 100,
      collectingPeriodInMs: 200,
      samplingPeriodInMs: 400,
      sendingPeriodInMs: 400,
      sampler: { roomId: 'browser room', clientId, userId: `user of ${clientId}` },
      sender: { format, websocket: { urls: [url] } },
    });
  const media = await navigator.mediaDevices.getUserMedia({
    audio: true,
    video: { width: 320, height: 240 },
  });
  const [sending, receiving] = [new RTCPeerConnection(), new RTCPeerConnection()];
  sending.onicecandidate = ({ candidate }) => candidate && receiving.addIceCandidate(candidate);
  receiving.onicecandidate = ({ candidate }) => candidate && sending.addIceCandidate(candidate);
  for (const track of media.getTracks()) sending.addTrack(track, media);
  sending.createDataChannel('chat');
  await sending.setLocalDescription(await sending.createOffer());
  await receiving.setRemoteDescription(sending.localDescription);
  await receiving.setLocalDescription(await receiving.createAnswer());
  await sending.setRemoteDescription(receiving.localDescription);
  const monitors = [monitorOf(alice), monitorOf(bob)];
  monitors[0].collectors.addRTCPeerConnection(sending);
  monitors[1].collectors.addRTCPeerConnection(receiving);
  globalThis.endCall = () => {
    for (const monitor of monitors) monitor.close();
  };
};
