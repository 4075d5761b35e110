import { createHash, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCertificate, fingerprint } from '../../../src/participants/synthetic/dtls/certificate.ts';
import { DtlsClient } from '../../../src/participants/synthetic/dtls/client.ts';
import { prf } from '../../../src/participants/synthetic/dtls/key-schedule.ts';
import { Reassembly } from '../../../src/participants/synthetic/dtls/reassembly.ts';
import { openRecord, RecordWriter, readRecords } from '../../../src/participants/synthetic/dtls/records.ts';

const NOW = Date.UTC(2030, 5, 1);

describe('a certificate', () => {
  it('is one that others read, signed by its own key', () => {
    const certificate = createCertificate(NOW);
    const read = new X509Certificate(certificate.der);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(certificate.privateKey)).toBe(true);
    expect(read.subject).toBe('CN=WebRTC');
    expect(new Date(read.validFrom).getTime()).toBeLessThan(NOW);
    expect(new Date(read.validTo).getTime()).toBeGreaterThan(NOW);
    expect(certificate.sha256).toBe(read.fingerprint256);
    expect(fingerprint('sha-512', certificate.der)).toBe(read.fingerprint512);
  });

  it('is another one each time', () => {
    expect(createCertificate(NOW).sha256).not.toBe(createCertificate(NOW).sha256);
  });
});

describe('the pseudorandom function', () => {
  it('gives the published test vector for SHA-256', () => {
    // https://mailarchive.ietf.org/arch/msg/tls/fzVCzk-z3FShgGJ6DOXqM1ydxms/
    const secret = Buffer.from('9bbe436ba940f017b17652849a71db35', 'hex');
    const seed = Buffer.from('a0ba9f936cda311827a6f796ffd5198c', 'hex');
    expect(prf(secret, 'test label', seed, 100).subarray(0, 16).toString('hex')).toBe(
      'e3f229ba727be17b8d122620557cd453',
    );
  });

  it('gives memory of its own, so that who keeps a key keeps nothing else', () => {
    const key = prf(Buffer.from('secret'), 'label', Buffer.from('seed'), 48);
    expect(key.buffer.byteLength).toBe(48);
  });
});

describe('records', () => {
  const key = { key: Buffer.alloc(16, 5), iv: Buffer.alloc(4, 6) };

  it('are sealed, counted, and opened again', () => {
    const writer = new RecordWriter();
    writer.setKey(key);
    const datagram = Buffer.concat([
      writer.write(22, 0, Buffer.from('clear')),
      writer.write(22, 1, Buffer.from('first')),
      writer.write(21, 1, Buffer.from('second')),
    ]);
    const [clear, first, second] = readRecords(datagram);
    if (clear === undefined || first === undefined || second === undefined) throw new Error('three records');
    expect(clear.body.toString()).toBe('clear');
    expect(openRecord(key, first)?.toString()).toBe('first');
    expect(openRecord(key, second)?.toString()).toBe('second');
    expect(openRecord(key, { ...second, type: 22 })).toBeNull();
    expect(readRecords(datagram.subarray(0, datagram.length - 1))).toHaveLength(2);
  });
});

describe('the reassembly of handshake messages', () => {
  it('gives them whole and in order, however they were cut and mixed', () => {
    const cases = fc.record({
      sizes: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 5 }),
      pieces: fc.integer({ min: 1, max: 7 }),
      shuffle: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 35, maxLength: 35 }),
    });
    fc.assert(
      fc.property(cases, ({ sizes, pieces, shuffle }) => {
        const messages = sizes.map((size, i) =>
          createHash('sha512').update(`${i}`).digest().subarray(0, Math.min(64, size)),
        );
        const fragments = messages.flatMap((body, sequence) => cut(body, sequence, pieces));
        const order = fragments.map((fragment, i) => ({ fragment, key: shuffle[i % shuffle.length] ?? 0 }));
        order.sort((a, b) => a.key - b.key);
        const reassembly = new Reassembly();
        // Everything twice, as retransmission does.
        const got = [...order, ...order].flatMap(({ fragment }) => reassembly.add(fragment));
        expect(got.map(({ body }) => body)).toEqual(messages);
        expect(got.map(({ sequence }) => sequence)).toEqual(messages.map((_, i) => i));
      }),
    );
  });
});

function cut(body: Buffer, sequence: number, pieces: number): Buffer[] {
  const size = Math.max(1, Math.ceil(body.length / pieces));
  const result: Buffer[] = [];
  for (let at = 0; at === 0 || at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    const header = Buffer.alloc(12);
    header.writeUInt8(11, 0);
    header.writeUIntBE(body.length, 1, 3);
    header.writeUInt16BE(sequence, 4);
    header.writeUIntBE(at, 6, 3);
    header.writeUIntBE(part.length, 9, 3);
    result.push(Buffer.concat([header, part]));
  }
  return result;
}

describe('a DTLS client', () => {
  function client() {
    let nowMs = 0;
    const sent: Buffer[] = [];
    const made = new DtlsClient({
      certificate: createCertificate(NOW),
      fingerprints: [{ algorithm: 'sha-256', value: 'AA' }],
      profiles: ['AEAD_AES_128_GCM'],
      send: (datagram) => sent.push(datagram),
      nowMs: () => nowMs,
      onClosed: () => {},
    });
    return {
      made,
      sent,
      at(ms: number) {
        nowMs = ms;
        made.tick();
      },
    };
  }

  it('says hello again, with longer and longer waits', () => {
    const { made, sent, at } = client();
    made.start();
    const times: number[] = [];
    for (let ms = 0; ms <= 2000; ms += 10) {
      const before = sent.length;
      at(ms);
      if (sent.length > before) times.push(ms);
    }
    expect(times).toEqual([100, 300, 700, 1500]);
    const [first, second] = [
      readRecords(sent[0] ?? Buffer.alloc(0)),
      readRecords(sent[1] ?? Buffer.alloc(0)),
    ];
    expect(first[0]?.body).toEqual(second[0]?.body);
    expect(first[0]?.number).not.toEqual(second[0]?.number);
  });

  it('repeats the cookie of a server that asks for one', () => {
    const { made, sent } = client();
    made.start();
    const cookie = Buffer.from('a cookie');
    const verify = Buffer.concat([Buffer.from([0xfe, 0xff, cookie.length]), cookie]);
    const header = Buffer.from([3, 0, 0, verify.length, 0, 0, 0, 0, 0, 0, 0, verify.length]);
    made.receive(new RecordWriter().write(22, 0, Buffer.concat([header, verify])));
    expect(sent).toHaveLength(2);
    expect(sent[1]?.includes(cookie)).toBe(true);
  });

  it('fails on a fatal alert, with its number', async () => {
    const { made } = client();
    made.start();
    made.receive(new RecordWriter().write(21, 0, Buffer.from([2, 40])));
    await expect(made.keys).rejects.toThrow('alert 40');
  });

  it('is not confused by anything', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), (datagrams) => {
        const { made } = client();
        made.start();
        for (const datagram of datagrams) made.receive(Buffer.from(datagram));
        made.close();
      }),
    );
  });
});
