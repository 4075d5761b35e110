import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { environmentError } from '../../errors.ts';
import type {
  OnPacket,
  ReceiverOptions,
  ReceivingSocket,
  SenderOptions,
  SendingSocket,
  SocketKind,
} from './types.ts';

const familyOf = (address: string) => (address.includes(':') ? 'udp6' : 'udp4');

/** A call with a callback costs a tick, and without one a failed send is not told: one in so many is looked at. */
const ERROR_SAMPLE = 64;

/** Sockets of node:dgram: one system call a packet, nothing to build. */
export const dgramSockets: SocketKind = {
  kind: 'dgram',

  async openSender({ address, port, sendBufferBytes }: SenderOptions): Promise<SendingSocket> {
    const socket = createSocket(familyOf(address));
    const errors = new Map<string, number>();
    const note = (error: NodeJS.ErrnoException | null) => {
      if (error !== null) errors.set(error.code ?? 'unknown', (errors.get(error.code ?? 'unknown') ?? 0) + 1);
    };
    await opened(socket, () => socket.connect(port, address), 'connect');
    socket.on('error', note);
    if (sendBufferBytes !== null) setBuffer(() => socket.setSendBufferSize(sendBufferBytes));
    let count = 0;
    return {
      sendBufferBytes: socket.getSendBufferSize(),
      errors,
      send(packet) {
        count += 1;
        if (count % ERROR_SAMPLE === 1) socket.send(packet, note);
        else socket.send(packet);
        return socket.getSendQueueCount() === 0;
      },
      flush() {},
      get queued() {
        return socket.getSendQueueCount();
      },
      close: () => socket.close(),
    };
  },

  async openReceiver(
    { address, port, receiveBufferBytes }: ReceiverOptions,
    onPacket: OnPacket,
  ): Promise<ReceivingSocket> {
    const socket = createSocket({ type: familyOf(address) });
    await opened(socket, () => socket.bind(port, address), 'listening');
    if (receiveBufferBytes !== null) setBuffer(() => socket.setRecvBufferSize(receiveBufferBytes));
    // After the buffer is set, so that the first packets already find its size.
    socket.on('message', (data) => onPacket(data, 0, data.length, performance.now()));
    socket.on('error', () => {});
    const bound = socket.address();
    return {
      address: bound.address,
      port: bound.port,
      receiveBufferBytes: socket.getRecvBufferSize(),
      setReceiveBuffer(bytes) {
        setBuffer(() => socket.setRecvBufferSize(bytes));
        return socket.getRecvBufferSize();
      },
      close: () => socket.close(),
    };
  },
};

async function opened(socket: Socket, open: () => void, event: 'connect' | 'listening'): Promise<void> {
  try {
    const done = once(socket, event);
    open();
    await done;
  } catch (error) {
    socket.close();
    const { code, message } = error as NodeJS.ErrnoException;
    throw environmentError('RTCB_PROBE_SOCKET', `cannot open a UDP socket: ${message}`, {
      cause: error,
      hint:
        code === 'EADDRINUSE'
          ? 'another program has the port: choose another with --port'
          : 'check the address',
    });
  }
}

function setBuffer(set: () => void): void {
  try {
    set();
  } catch (error) {
    throw environmentError('RTCB_PROBE_BUFFER', 'the kernel refused the buffer size', { cause: error });
  }
}
