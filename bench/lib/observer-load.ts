import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface LoadOptions {
  /** Address of the service's web sockets. */
  url: string;
  clients: number;
  clientsPerCall: number;
  /** `light`: what a client sends; `full`: and everything it receives in its call, and its connection. */
  shape: 'light' | 'full';
}

const counters =
  'bytesSent":123456,"packetsSent":1234,"headerBytesSent":14808,"retransmittedPacketsSent":3,"nackCount":2';
const received =
  'bytesReceived":234567,"packetsReceived":2345,"packetsLost":4,"jitter":0.0032,"headerBytesReceived":28140';

function tracks(index: number, options: Omit<LoadOptions, 'url'>): string {
  const id = `c${index}`;
  const pc = `"peerConnectionId":"${id}-pc"`;
  const sent = [
    `"outboundAudioTracks":[{"ssrc":${index * 10 + 1},"trackId":"${id}-mic",${pc},"sfuStreamId":"${id}-a","${counters}}]`,
    `"outboundVideoTracks":[{"ssrc":${index * 10 + 2},"trackId":"${id}-cam",${pc},"sfuStreamId":"${id}-v","${counters},"framesSent":300,"frameWidth":1280,"frameHeight":720,"framesPerSecond":30}]`,
  ];
  if (options.shape === 'light') return sent.join(',');
  const first = index - (index % options.clientsPerCall);
  const others = Array.from({ length: options.clientsPerCall }, (_, at) => first + at).filter(
    (at) => at !== index,
  );
  const inbound = (kind: 'a' | 'v', more: string) =>
    others.map(
      (other) =>
        `{"ssrc":${other * 1000 + index},"trackId":"${id}-${kind}-${other}",${pc},"sfuStreamId":"c${other}-${kind}","sfuSinkId":"c${other}-${kind}-${id}","${received}${more}}`,
    );
  return [
    ...sent,
    `"pcTransports":[{"transportId":"${id}-t",${pc},"bytesSent":999,"bytesReceived":999,"packetsSent":9,"packetsReceived":9}]`,
    `"iceCandidatePairs":[{"candidatePairId":"${id}-p",${pc},"nominated":true,"currentRoundTripTime":0.012}]`,
    `"inboundAudioTracks":[${inbound('a', ',"audioLevel":0.1').join(',')}]`,
    `"inboundVideoTracks":[${inbound('v', ',"framesDecoded":299,"framesPerSecond":30').join(',')}]`,
  ].join(',');
}

/** What each client says of itself in every sample: JSON fields, without time and sequence number. */
export function sampleBodies(options: Omit<LoadOptions, 'url'>): string[] {
  return Array.from({ length: options.clients }, (_, index) => {
    const room = Math.floor(index / options.clientsPerCall);
    return `"clientId":"c${index}","roomId":"r${room}",${tracks(index, options)}`;
  });
}

/** Clients that each have a web socket and send a sample when told to. */
export class ObserverLoad {
  readonly #sockets: WebSocket[] = [];
  readonly #bodies: string[] = [];
  readonly #options: LoadOptions;
  #sequence = 0;
  messageBytes = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  async connect(): Promise<void> {
    this.#bodies.push(...sampleBodies(this.#options));
    const { url, clients } = this.#options;
    for (let index = 0; index < clients; index += 1) {
      const socket = new WebSocket(`${url}/bench/unit`, { perMessageDeflate: false });
      await once(socket, 'open');
      this.#sockets.push(socket);
    }
  }

  /** One sample of each client. Waits where a socket's buffer is not emptied, so the service sets the pace. */
  async sendRound(): Promise<void> {
    const timestamp = Date.now();
    this.#sequence += 1;
    for (const [index, socket] of this.#sockets.entries()) {
      const text = `{"clientSamples":[{"timestamp":${timestamp},"sampleSeq":${this.#sequence},${this.#bodies[index]}}]}`;
      this.messageBytes = text.length;
      socket.send(text);
      if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    while (this.#sockets.some((socket) => socket.bufferedAmount > 0)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}
