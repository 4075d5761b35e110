import { type Cipheriv, createCipheriv } from 'node:crypto';

const BLOCK = 16;
const MAX_BLOCKS = 128;

/**
 * Counter mode on one AES-ECB cipher that lives as long as its key. Setting a cipher up costs Node more than
 * encrypting a whole packet, and counter mode needs nothing but encrypted counters.
 */
export class CounterKeystream {
  readonly #cipher: Cipheriv;
  readonly #counters = Buffer.alloc(BLOCK * MAX_BLOCKS);

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  /** A copy of `data` combined with the keystream; `counter` is the first block, counted up in its last two bytes. */
  apply(counter: Buffer, data: Uint8Array): Buffer {
    const blocks = Math.ceil(data.length / BLOCK);
    const counters = this.#counters;
    const low = counter.readUInt16BE(14);
    for (let i = 0; i < blocks; i += 1) {
      const at = i * BLOCK;
      counters.set(counter, at);
      const count = (low + i) & 0xffff;
      counters[at + 14] = count >> 8;
      counters[at + 15] = count & 0xff;
    }
    const stream = this.#cipher.update(counters.subarray(0, blocks * BLOCK));
    for (let i = 0; i < data.length; i += 1) stream[i] = (stream[i] ?? 0) ^ (data[i] ?? 0);
    return stream.subarray(0, data.length);
  }
}
