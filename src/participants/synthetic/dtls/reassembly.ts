export interface HandshakeMessage {
  type: number;
  sequence: number;
  body: Buffer;
}

const HEADER_BYTES = 12;
/** Larger than any handshake message of WebRTC; what claims more is not believed. */
const MAX_MESSAGE_BYTES = 16_384;
const MAX_AHEAD = 16;

interface Partial {
  type: number;
  body: Buffer;
  have: Uint8Array;
  missing: number;
}

/** Puts handshake messages together from fragments and hands them out in order (RFC 6347, section 4.2.3). */
export class Reassembly {
  readonly #partials = new Map<number, Partial>();
  #next = 0;

  /** Takes a record's content; returns the messages that are complete and next in order. */
  add(content: Buffer): HandshakeMessage[] {
    for (let at = 0; at + HEADER_BYTES <= content.length; ) {
      const length = content.readUIntBE(at + 9, 3);
      const end = at + HEADER_BYTES + length;
      if (end > content.length) break;
      this.#fragment(content, at, content.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    const messages: HandshakeMessage[] = [];
    for (;;) {
      const partial = this.#partials.get(this.#next);
      if (partial === undefined || partial.missing > 0) return messages;
      this.#partials.delete(this.#next);
      messages.push({ type: partial.type, sequence: this.#next, body: partial.body });
      this.#next += 1;
    }
  }

  #fragment(header: Buffer, at: number, fragment: Buffer): void {
    const total = header.readUIntBE(at + 1, 3);
    const sequence = header.readUInt16BE(at + 4);
    const offset = header.readUIntBE(at + 6, 3);
    if (sequence < this.#next || sequence > this.#next + MAX_AHEAD) return;
    if (total > MAX_MESSAGE_BYTES || offset + fragment.length > total) return;
    let partial = this.#partials.get(sequence);
    if (partial === undefined) {
      partial = {
        type: header.readUInt8(at),
        body: Buffer.alloc(total),
        have: new Uint8Array(total),
        missing: total,
      };
      this.#partials.set(sequence, partial);
    }
    if (partial.body.length !== total) return;
    for (let i = 0; i < fragment.length; i += 1) {
      if (partial.have[offset + i] === 0) {
        partial.have[offset + i] = 1;
        partial.missing -= 1;
      }
    }
    fragment.copy(partial.body, offset);
  }
}
