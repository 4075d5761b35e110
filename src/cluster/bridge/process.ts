/** A bridge's process: started by the coordinator, and ends with it. */
import { RpcError, serveRpc } from '../rpc.ts';
import { Bridge } from './bridge.ts';
import type { BridgeMethods } from './protocol.ts';
import type { Notify } from './room.ts';

const send = (message: object) => {
  // A coordinator that is gone needs no answers; `disconnect` follows.
  process.send?.(message, undefined, undefined, () => {});
};
const notify: Notify = (name, params) => send({ notify: name, params });

let running: Promise<Bridge> | undefined;
function bridge(): Promise<Bridge> {
  if (running === undefined) throw new RpcError('not-started', 'the bridge was not started');
  return running;
}
const room = async (params: { room: string }) => (await bridge()).room(params.room);

async function stop(): Promise<null> {
  await running?.then((started) => started.stop()).catch(() => {});
  return null;
}

serveRpc<BridgeMethods>(
  { send, onMessage: (listener) => process.on('message', listener) },
  {
    async start(settings) {
      running = Bridge.start(settings, notify);
      return (await running).describe();
    },
    openRoom: async (params) => ({
      routerRtpCapabilities: (await (await bridge()).openRoom(params.room)).routerRtpCapabilities,
    }),
    closeRoom: async (params) => done((await bridge()).closeRoom(params.room)),
    createTransport: async (params) => (await room(params)).createTransport(params),
    connectTransport: async (params) => done((await room(params)).connectTransport(params)),
    produce: async (params) => (await room(params)).produce(params),
    pauseProducer: async (params) => done((await room(params)).pauseProducer(params.producerId)),
    resumeProducer: async (params) => done((await room(params)).resumeProducer(params.producerId)),
    closeProducer: async (params) => done((await room(params)).closeProducer(params.producerId)),
    consume: async (params) => (await room(params)).consume(params),
    pauseConsumer: async (params) => done((await room(params)).consumer(params.consumerId).pause()),
    resumeConsumer: async (params) => done((await room(params)).consumer(params.consumerId).resume()),
    closeConsumer: async (params) => done((await room(params)).closeConsumer(params.consumerId)),
    setPreferredLayers: async (params) =>
      done((await room(params)).consumer(params.consumerId).setPreferredLayers(params.layers)),
    requestKeyFrame: async (params) =>
      done((await room(params)).consumer(params.consumerId).requestKeyFrame()),
    removeParticipant: async (params) => done((await room(params)).removeParticipant(params.participantId)),
    openPipe: async (params) => (await room(params)).pipes.open(params.peerBridgeId),
    connectPipe: async (params) => done((await room(params)).pipes.connect(params.peerBridgeId, params.peer)),
    closePipe: async (params) => done((await room(params)).closePipe(params.peerBridgeId)),
    pipeOut: async (params) => (await room(params)).pipes.pipeOut(params),
    pipeIn: async (params) => done((await room(params)).pipes.pipeIn(params)),
    sample: async () => (await bridge()).sample(),
    pads: async () => (await bridge()).pads(),
    stop,
  },
);

/** The answer to what has none. */
async function done(work: void | Promise<void>): Promise<null> {
  await work;
  return null;
}

// The coordinator is gone, however it went: nobody needs this bridge any more.
process.on('disconnect', () => {
  void stop().then(() => process.exit(0));
});
