import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** What ws keeps of what it read: a part of a frame, frames of a message that is not whole, the mask of the last frame. */
interface ReceiverState {
  readonly _buffers: Uint8Array[];
  readonly _fragments: readonly Uint8Array[];
  _mask: Uint8Array | undefined;
}

function isReceiverState(value: unknown): value is ReceiverState {
  if (typeof value !== 'object' || value === null) return false;
  return (
    '_buffers' in value &&
    Array.isArray(value._buffers) &&
    '_fragments' in value &&
    Array.isArray(value._fragments) &&
    '_mask' in value
  );
}

/** The same bytes in memory of their own. */
const copyOf = (bytes: Uint8Array): Buffer => Buffer.from(Uint8Array.from(bytes).buffer);

function giveBack(receiver: ReceiverState, { buffer, byteLength }: Uint8Array): void {
  const { _buffers: rest, _fragments: fragments, _mask: mask } = receiver;
  // A message that came in many reads is put together from all of them.
  if (fragments.length > 0 || rest.length > 1) return;
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0 || buffer.byteLength !== byteLength) return;
  const [part] = rest;
  if (part !== undefined) {
    if (part.buffer !== buffer) return;
    rest[0] = copyOf(part);
  }
  if (mask?.buffer === buffer) receiver._mask = copyOf(mask);
  buffer.transfer(0);
}

/**
 * Gives the memory of each read back as soon as the messages in it were handled; nobody may keep a view of one. ws
 * holds on to a read (64 KiB of it, when senders do not wait) by a view of the last frame's mask or of half a frame, so
 * that each socket's last one lives as long as it is silent: long enough to be moved to where only a full collection
 * finds it. Where ws keeps its state otherwise, nothing happens but that.
 */
export function giveReadsBack(websocket: WebSocket, socket: Duplex): void {
  const receiver: unknown = Reflect.get(websocket, '_receiver');
  if (!isReceiverState(receiver)) return;
  socket.on('data', (read: Buffer) => giveBack(receiver, read));
}
