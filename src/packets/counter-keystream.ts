import { type Cipheriv, createCipheriv } from 'node:crypto';

const BLOCK = 16;
const MAX_BLOCKS = 128;

/** The counters of one packet; shared, for they are used up within one call. */
const counters = Buffer.from(new ArrayBuffer(BLOCK * MAX_BLOCKS));
const counterWords = new Uint32Array(counters.buffer);

/**
 * Counter mode on one AES-ECB cipher that lives as long as its key. Setting a cipher up costs Node more than
 * encrypting a whole packet, and counter mode needs nothing but encrypted counters.
 */
export class CounterKeystream {
  readonly #cipher: Cipheriv;

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  /** A copy of `data` combined with the keystream; `counter` is the first block, counted up in its last two bytes. */
  apply(counter: Buffer, data: Uint8Array): Buffer {
    const out = Buffer.allocUnsafe(data.length);
    out.set(data);
    this.applyTo(out, 0, out.length, counter);
    return out;
  }

  /** Combines the bytes from `from` to `end` with the keystream where they are. */
  applyTo(data: Uint8Array, from: number, end: number, counter: Buffer): void {
    const length = end - from;
    const blocks = Math.ceil(length / BLOCK);
    counters.set(counter, 0);
    const [first = 0, second = 0, third = 0] = counterWords;
    const low = counter.readUInt16BE(14);
    const upper = counterWords[3] ?? 0;
    for (let i = 1; i < blocks; i += 1) {
      const word = 4 * i;
      counterWords[word] = first;
      counterWords[word + 1] = second;
      counterWords[word + 2] = third;
      counterWords[word + 3] = upper;
      const count = low + i;
      counters[BLOCK * i + 14] = count >> 8;
      counters[BLOCK * i + 15] = count;
    }
    const stream = this.#cipher.update(counters.subarray(0, BLOCK * blocks));
    combine(data, from, length, stream);
  }
}

/** Word by word where both are aligned, which is what costs: byte by byte takes five times as long. */
function combine(data: Uint8Array, from: number, length: number, stream: Buffer): void {
  let done = 0;
  const at = data.byteOffset + from;
  if (at % 4 === 0 && stream.byteOffset % 4 === 0) {
    const words = length >> 2;
    const ours = new Uint32Array(data.buffer, at, words);
    const theirs = new Uint32Array(stream.buffer, stream.byteOffset, words);
    for (let i = 0; i < words; i += 1) ours[i] = (ours[i] ?? 0) ^ (theirs[i] ?? 0);
    done = 4 * words;
  }
  for (; done < length; done += 1) data[from + done] = (data[from + done] ?? 0) ^ (stream[done] ?? 0);
}
