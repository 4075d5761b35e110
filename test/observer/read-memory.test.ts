import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RawData, WebSocketServer } from 'ws';
import { giveReadsBack } from '../../src/observer/server/read-memory.ts';

const OPCODES = { continued: 0, text: 1, binary: 2, ping: 9 };

/** A frame as a client sends it (RFC 6455, 5.2). */
function frame(opcode: keyof typeof OPCODES, payload: string, final = true): Buffer {
  const mask = Buffer.from([0x12, 0xab, 0x00, 0x7f]);
  const body = Buffer.from(payload).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  const length = Buffer.alloc(body.length < 126 ? 1 : 3, 0x80 | Math.min(body.length, 126));
  if (body.length >= 126) length.writeUInt16BE(body.length, 1);
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | OPCODES[opcode]]), length, mask, body]);
}

/** A connection of ws whose reads the test makes, each in memory of its own as those of a real socket are. */
async function connection() {
  const messages: string[] = [];
  const sent: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(bytes: Buffer, _, done) {
      sent.push(Buffer.from(bytes));
      done();
    },
  });
  const request = {
    method: 'GET',
    url: '/',
    headers: {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    },
  } as unknown as IncomingMessage;
  const server = new WebSocketServer({ noServer: true, autoPong: false });
  server.handleUpgrade(request, socket, Buffer.alloc(0), (websocket) => {
    websocket.on('message', (data: RawData) => messages.push(String(data)));
    websocket.on('ping', (data) => websocket.pong(Buffer.from(data)));
    giveReadsBack(websocket, socket);
  });
  sent.splice(0);
  // The socket begins to flow.
  await new Promise(setImmediate);
  const read = (bytes: Uint8Array): ArrayBuffer => {
    const own = Uint8Array.from(bytes);
    socket.push(Buffer.from(own.buffer));
    return own.buffer;
  };
  return { messages, sent, read };
}

const texts = ['a', 'b'.repeat(200), '', 'ü'.repeat(300), '{"clientSamples": []}'];

describe('what ws read', () => {
  it('is given back once its messages were handled, half a frame at its end included', async () => {
    const { messages, read } = await connection();
    const whole = Buffer.concat(texts.map((text) => frame('text', text)));
    const reads = [
      read(whole),
      read(Buffer.concat([whole, whole.subarray(0, 100)])),
      read(whole.subarray(100)),
    ];
    expect(messages).toEqual([...texts, ...texts, ...texts]);
    expect(reads.map((memory) => memory.detached)).toEqual([true, true, true]);
  });

  it('is whole however it is cut, with pings and messages in parts between', async () => {
    const stream = Buffer.concat([
      ...texts.map((text) => frame('text', text)),
      frame('binary', 'first ', false),
      frame('ping', 'are you there?'),
      frame('continued', 'second ', false),
      frame('continued', 'third'),
      ...texts.map((text) => frame('binary', text)),
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: stream.length }), { maxLength: 30 }),
        async (cuts) => {
          const { messages, sent, read } = await connection();
          const ends = [...cuts, stream.length].toSorted((a, b) => a - b);
          for (const [at, end] of ends.entries()) read(stream.subarray(ends[at - 1] ?? 0, end));
          expect(messages).toEqual([...texts, 'first second third', ...texts]);
          expect(Buffer.concat(sent).toString()).toContain('are you there?');
        },
      ),
      { numRuns: 100 },
    );
  });
});
