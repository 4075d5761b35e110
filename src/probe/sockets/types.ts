/**
 * The seam between the prober and the kernel. `dgram` works everywhere; a native implementation sends and receives
 * in batches. Both live on the thread that opened them.
 */
export interface SocketKind {
  readonly kind: 'dgram' | 'native';
  /** A socket connected to the destination, one a flow. Rejects when it cannot be opened. */
  openSender(options: SenderOptions): Promise<SendingSocket>;
  openReceiver(options: ReceiverOptions, onPacket: OnPacket): Promise<ReceivingSocket>;
}

export interface SenderOptions {
  address: string;
  port: number;
  /** SO_SNDBUF asked for; null leaves the default. */
  sendBufferBytes: number | null;
  /** Equal packets may leave as one buffer that the kernel cuts (UDP_SEGMENT); only `native` does. */
  offload: boolean;
}

export interface ReceiverOptions {
  address: string;
  /** 0: the system chooses. */
  port: number;
  /** SO_RCVBUF asked for; null leaves the default. */
  receiveBufferBytes: number | null;
  /** Packets that came as one buffer may be handed over uncut (UDP_GRO); only `native` asks for it. */
  offload: boolean;
}

/** `data` is only good until the call returns. */
export type OnPacket = (data: Buffer, offset: number, length: number, arrivedMs: number) => void;

export interface SendingSocket {
  /** As the kernel granted it, null where it does not say. */
  readonly sendBufferBytes: number | null;
  /** Hands one packet over. False: the buffer is still in use, the caller must take another. */
  send(packet: Buffer): boolean;
  /** Gives the kernel what `send` has gathered. */
  flush(): void;
  /** Packets that the kernel has not taken yet. */
  readonly queued: number;
  /** Error codes that sending met with, and how many of the sends that were looked at had one. */
  readonly errors: ReadonlyMap<string, number>;
  close(): void;
}

export interface ReceivingSocket {
  readonly address: string;
  readonly port: number;
  readonly receiveBufferBytes: number | null;
  /** Sets SO_RCVBUF; returns what was granted. */
  setReceiveBuffer(bytes: number): number | null;
  close(): void;
}
