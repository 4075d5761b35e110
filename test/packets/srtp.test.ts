import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterKeystream } from '../../src/packets/counter-keystream.ts';
import { CmTransform } from '../../src/packets/srtp-cm.ts';
import { GcmTransform } from '../../src/packets/srtp-gcm.ts';
import { deriveSessionKeys } from '../../src/packets/srtp-keys.ts';
import { openRtp } from './peer.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const MASTER_KEY = hex('E1F97A0D3E018BE0D64FA32C06DE4139');
const MASTER_SALT = hex('0EC675AD498AFEEBB6960B3AABE6');

describe('the key derivation of RFC 3711', () => {
  it('gives the keys of appendix B.3', () => {
    const { rtp } = deriveSessionKeys('AES_CM_128_HMAC_SHA1_80', MASTER_KEY, MASTER_SALT);
    expect(rtp.key).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
    expect(rtp.salt).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
    expect(rtp.authenticationKey).toEqual(hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
  });
});

describe('AES_CM_128_HMAC_SHA1_80', () => {
  const transform = new CmTransform(deriveSessionKeys('AES_CM_128_HMAC_SHA1_80', MASTER_KEY, MASTER_SALT));
  const clear = hex('800f1234decafbadcafebabe abababababababababababababababab');
  // The validation packet of libsrtp (test/srtp_driver.c).
  const sealed = hex('800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb');

  it('protects as libsrtp does', () => {
    expect(transform.protectRtp(clear, 12, 0)).toEqual(sealed);
    expect(openRtp(transform, sealed, 12, 0)).toEqual(clear);
  });

  it('shows the beginning of a payload', () => {
    expect(transform.peekPayload(sealed, sealed.length, 12, 0, 5)).toEqual(hex('ababababab'));
  });

  it('refuses what was changed, in header, payload, tag or rollover', () => {
    for (const at of [1, 13, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(openRtp(transform, changed, 12, 0)).toBeNull();
    }
    expect(openRtp(transform, sealed, 12, 1)).toBeNull();
  });

  it('protects RTCP and takes it back', () => {
    const report = hex('81c8000d4d6172733a0b1c2d4e5f60718293a4b5');
    const protectedReport = transform.protectRtcp(report, 0x1234567);
    expect(protectedReport.subarray(8, 12)).not.toEqual(report.subarray(8, 12));
    expect(transform.unprotectRtcp(protectedReport)).toEqual(report);
    protectedReport.writeUInt8(0, 9);
    expect(transform.unprotectRtcp(protectedReport)).toBeNull();
  });
});

describe('AEAD_AES_128_GCM', () => {
  // RFC 7714, section 16: these are session keys.
  const session = {
    key: hex('000102030405060708090a0b0c0d0e0f'),
    salt: hex('517569642070726f2071756f'),
    authenticationKey: Buffer.alloc(0),
  };
  const transform = new GcmTransform({ rtp: session, rtcp: session });
  const clear = hex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
    69736120 696e2070 61727465 73207472 6573`);
  const sealed = hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
    0d294e6f 42a5f47a 51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce`);

  it('protects the packet of RFC 7714, section 16.1.1', () => {
    expect(transform.protectRtp(clear, 12, 0)).toEqual(sealed);
    expect(openRtp(transform, sealed, 12, 0)).toEqual(clear);
    expect(transform.peekPayload(sealed, sealed.length, 12, 0, 6)).toEqual(Buffer.from('Gallia'));
  });

  it('protects the packet of RFC 7714, section 17.1', () => {
    const report = hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
      deadbeef deadbeef deadbeef deadbeef deadbeef`);
    const protectedReport = transform.protectRtcp(report, 0x5d4);
    expect(protectedReport.subarray(0, 16)).toEqual(hex('81c8000d 4d617273 63e94885 dcdab67c'));
    expect(protectedReport.subarray(-4)).toEqual(hex('800005d4'));
    expect(transform.unprotectRtcp(protectedReport)).toEqual(report);
  });

  it('refuses what was changed', () => {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
    expect(openRtp(transform, changed, 12, 0)).toBeNull();
  });
});

describe('the keystream', () => {
  it('is that of AES in counter mode, wherever the data lie and however long they are', () => {
    const key = Buffer.alloc(16, 9);
    const keystream = new CounterKeystream(key);
    const counters = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 1500 }),
        counters,
        fc.integer({ min: 0, max: 9 }),
        (data, counter, from) => {
          // SRTP counts blocks from 0.
          counter.set([0, 0], 14);
          const expected = createCipheriv('aes-128-ctr', key, counter).update(data);
          const around = Buffer.alloc(from + data.length + 3, 0xee);
          around.set(data, from);
          keystream.applyTo(around, from, from + data.length, Buffer.from(counter));
          expect(around.subarray(from, from + data.length)).toEqual(expected);
          expect([...around.subarray(0, from), ...around.subarray(from + data.length)]).toEqual(
            Array.from({ length: from + 3 }, () => 0xee),
          );
          expect(keystream.apply(Buffer.from(counter), data)).toEqual(expected);
        },
      ),
    );
  });
});
