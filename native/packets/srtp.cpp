#include "srtp.hpp"

#include <utility>

#include "rtp_header.hpp"

namespace {

constexpr int CM_TAG_BYTES = 10;
constexpr int GCM_TAG_BYTES = 16;
constexpr int SHA1_BYTES = 20;
constexpr int SHA1_BLOCK = 64;
// RFC 3711, section 3.4: what of an RTCP packet stays in the clear.
constexpr int RTCP_CLEAR_BYTES = 8;

void put32(uint8_t *at, uint32_t value) {
  at[0] = value >> 24;
  at[1] = value >> 16;
  at[2] = value >> 8;
  at[3] = value;
}

} // namespace

Transform::Transform(Profile profile, const SessionKeys &rtpKeys, const SessionKeys &rtcpKeys) : profile(profile) {
  prepare(rtp, rtpKeys);
  prepare(rtcp, rtcpKeys);
}

Transform::~Transform() {
  for (Direction *direction : {&rtp, &rtcp}) {
    EVP_CIPHER_CTX_free(direction->cipher);
    EVP_CIPHER_CTX_free(direction->decipher);
    EVP_CIPHER_CTX_free(direction->counter);
    EVP_CIPHER_CTX_free(direction->block);
  }
}

void Transform::prepare(Direction &direction, const SessionKeys &keys) {
  memcpy(direction.salt, keys.salt, sizeof direction.salt);
  direction.counter = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(direction.counter, EVP_aes_128_ctr(), nullptr, keys.key, nullptr);
  direction.block = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(direction.block, EVP_aes_128_ecb(), nullptr, keys.key, nullptr);
  EVP_CIPHER_CTX_set_padding(direction.block, 0);
  if (profile == Profile::Gcm) {
    direction.cipher = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(direction.cipher, EVP_aes_128_gcm(), nullptr, keys.key, nullptr);
    direction.decipher = EVP_CIPHER_CTX_new();
    EVP_DecryptInit_ex(direction.decipher, EVP_aes_128_gcm(), nullptr, keys.key, nullptr);
    return;
  }
  // HMAC (RFC 2104) with both padded keys hashed once and copied for every packet.
  uint8_t block[SHA1_BLOCK];
  for (auto [context, pad] : {std::pair{&direction.inner, 0x36}, std::pair{&direction.outer, 0x5c}}) {
    for (int i = 0; i < SHA1_BLOCK; i += 1) block[i] = (i < SHA1_BYTES ? keys.authentication[i] : 0) ^ pad;
    SHA1_Init(context);
    SHA1_Update(context, block, SHA1_BLOCK);
  }
}

void Transform::digest(const Direction &direction, const uint8_t *data, int length, const uint8_t *more,
                       int moreLength, uint8_t *out) {
  SHA_CTX context = direction.inner;
  SHA1_Update(&context, data, length);
  if (moreLength > 0) SHA1_Update(&context, more, moreLength);
  uint8_t inner[SHA1_BYTES];
  SHA1_Final(inner, &context);
  context = direction.outer;
  SHA1_Update(&context, inner, SHA1_BYTES);
  SHA1_Final(out, &context);
}

// RFC 3711, section 4.1.1: salt, SSRC and packet index, then the block count.
void Transform::counterIv(const Direction &direction, const uint8_t *ssrc, uint32_t high, uint16_t low,
                          uint8_t *iv) {
  memcpy(iv, direction.salt, 14);
  iv[14] = iv[15] = 0;
  put32(iv + 4, get32(iv + 4) ^ get32(ssrc));
  put32(iv + 8, get32(iv + 8) ^ high);
  iv[12] ^= low >> 8;
  iv[13] ^= low & 0xff;
}

// RFC 7714, sections 8.1 and 9.1.
void Transform::gcmIv(const Direction &direction, const uint8_t *ssrc, uint32_t high, uint16_t low, uint8_t *iv) {
  iv[0] = iv[1] = 0;
  memcpy(iv + 2, ssrc, 4);
  put32(iv + 6, high);
  iv[10] = low >> 8;
  iv[11] = low & 0xff;
  for (int i = 0; i < 12; i += 1) iv[i] ^= direction.salt[i];
}

int Transform::protectRtp(uint8_t *packet, int length, int headerLength, uint32_t rollover) {
  uint8_t iv[16];
  int written = 0;
  uint8_t *payload = packet + headerLength;
  if (profile == Profile::Gcm) {
    gcmIv(rtp, packet + 8, rollover, get16(packet + 2), iv);
    EVP_EncryptInit_ex(rtp.cipher, nullptr, nullptr, nullptr, iv);
    EVP_EncryptUpdate(rtp.cipher, nullptr, &written, packet, headerLength);
    EVP_EncryptUpdate(rtp.cipher, payload, &written, payload, length - headerLength);
    EVP_EncryptFinal_ex(rtp.cipher, payload + written, &written);
    EVP_CIPHER_CTX_ctrl(rtp.cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_BYTES, packet + length);
    return length + GCM_TAG_BYTES;
  }
  counterIv(rtp, packet + 8, rollover, get16(packet + 2), iv);
  EVP_EncryptInit_ex(rtp.counter, nullptr, nullptr, nullptr, iv);
  EVP_EncryptUpdate(rtp.counter, payload, &written, payload, length - headerLength);
  uint8_t word[4];
  put32(word, rollover);
  uint8_t tag[SHA1_BYTES];
  digest(rtp, packet, length, word, 4, tag);
  memcpy(packet + length, tag, CM_TAG_BYTES);
  return length + CM_TAG_BYTES;
}

bool Transform::verifyRtp(const uint8_t *packet, int length, int headerLength, uint32_t rollover,
                          uint8_t *scratch) {
  if (profile == Profile::Gcm) {
    uint8_t iv[16];
    int written = 0;
    int sealed = length - headerLength - GCM_TAG_BYTES;
    uint8_t tag[GCM_TAG_BYTES];
    memcpy(tag, packet + length - GCM_TAG_BYTES, GCM_TAG_BYTES);
    gcmIv(rtp, packet + 8, rollover, get16(packet + 2), iv);
    EVP_DecryptInit_ex(rtp.decipher, nullptr, nullptr, nullptr, iv);
    EVP_CIPHER_CTX_ctrl(rtp.decipher, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_BYTES, tag);
    EVP_DecryptUpdate(rtp.decipher, nullptr, &written, packet, headerLength);
    EVP_DecryptUpdate(rtp.decipher, scratch, &written, packet + headerLength, sealed);
    return EVP_DecryptFinal_ex(rtp.decipher, scratch + sealed, &written) == 1;
  }
  uint8_t word[4];
  put32(word, rollover);
  uint8_t tag[SHA1_BYTES];
  digest(rtp, packet, length - CM_TAG_BYTES, word, 4, tag);
  return CRYPTO_memcmp(tag, packet + length - CM_TAG_BYTES, CM_TAG_BYTES) == 0;
}

void Transform::peek(const uint8_t *packet, int headerLength, uint32_t rollover, int bytes, uint8_t *out) {
  uint8_t iv[16];
  if (profile == Profile::Gcm) {
    // NIST SP 800-38D, section 7.1: the first block masks the tag, the payload begins at the second.
    gcmIv(rtp, packet + 8, rollover, get16(packet + 2), iv);
    put32(iv + 12, 2);
  } else {
    counterIv(rtp, packet + 8, rollover, get16(packet + 2), iv);
  }
  uint8_t stream[MAX_PEEK_BYTES];
  int blocks = (bytes + 15) / 16;
  for (int i = 0; i < blocks; i += 1) {
    memcpy(stream + 16 * i, iv, 16);
    // So few blocks never carry into the byte before.
    stream[16 * i + 15] = uint8_t(iv[15] + i);
  }
  // Whole blocks need none of the bookkeeping of EVP_EncryptUpdate.
  EVP_Cipher(rtp.block, stream, stream, unsigned(16 * blocks));
  for (int i = 0; i < bytes; i += 1) out[i] = packet[headerLength + i] ^ stream[i];
}

int Transform::protectRtcp(uint8_t *packet, int length, uint32_t index) {
  uint8_t iv[16];
  int written = 0;
  uint8_t *payload = packet + RTCP_CLEAR_BYTES;
  int payloadLength = length - RTCP_CLEAR_BYTES;
  uint8_t trailer[4];
  put32(trailer, 0x80000000u | index);
  if (profile == Profile::Gcm) {
    gcmIv(rtcp, packet + 4, index >> 16, index & 0xffff, iv);
    EVP_EncryptInit_ex(rtcp.cipher, nullptr, nullptr, nullptr, iv);
    EVP_EncryptUpdate(rtcp.cipher, nullptr, &written, packet, RTCP_CLEAR_BYTES);
    EVP_EncryptUpdate(rtcp.cipher, nullptr, &written, trailer, 4);
    EVP_EncryptUpdate(rtcp.cipher, payload, &written, payload, payloadLength);
    EVP_EncryptFinal_ex(rtcp.cipher, payload + written, &written);
    EVP_CIPHER_CTX_ctrl(rtcp.cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_BYTES, packet + length);
    memcpy(packet + length + GCM_TAG_BYTES, trailer, 4);
    return length + GCM_TAG_BYTES + 4;
  }
  counterIv(rtcp, packet + 4, index >> 16, index & 0xffff, iv);
  EVP_EncryptInit_ex(rtcp.counter, nullptr, nullptr, nullptr, iv);
  EVP_EncryptUpdate(rtcp.counter, payload, &written, payload, payloadLength);
  memcpy(packet + length, trailer, 4);
  uint8_t tag[SHA1_BYTES];
  digest(rtcp, packet, length + 4, nullptr, 0, tag);
  memcpy(packet + length + 4, tag, CM_TAG_BYTES);
  return length + 4 + CM_TAG_BYTES;
}

int Transform::unprotectRtcp(uint8_t *packet, int length) {
  uint8_t iv[16];
  int written = 0;
  uint8_t *payload = packet + RTCP_CLEAR_BYTES;
  if (profile == Profile::Gcm) {
    int clear = length - 4 - GCM_TAG_BYTES;
    if (clear < RTCP_CLEAR_BYTES) return 0;
    uint8_t *trailer = packet + length - 4;
    uint32_t word = get32(trailer);
    // Both ends of a WebRTC session encrypt; an unencrypted packet is none of theirs.
    if ((word & 0x80000000u) == 0) return 0;
    uint32_t index = word & 0x7fffffffu;
    gcmIv(rtcp, packet + 4, index >> 16, index & 0xffff, iv);
    EVP_DecryptInit_ex(rtcp.decipher, nullptr, nullptr, nullptr, iv);
    EVP_CIPHER_CTX_ctrl(rtcp.decipher, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_BYTES, packet + clear);
    EVP_DecryptUpdate(rtcp.decipher, nullptr, &written, packet, RTCP_CLEAR_BYTES);
    EVP_DecryptUpdate(rtcp.decipher, nullptr, &written, trailer, 4);
    EVP_DecryptUpdate(rtcp.decipher, payload, &written, payload, clear - RTCP_CLEAR_BYTES);
    return EVP_DecryptFinal_ex(rtcp.decipher, payload + written, &written) == 1 ? clear : 0;
  }
  int clear = length - 4 - CM_TAG_BYTES;
  if (clear < RTCP_CLEAR_BYTES) return 0;
  uint32_t word = get32(packet + clear);
  if ((word & 0x80000000u) == 0) return 0;
  uint8_t tag[SHA1_BYTES];
  digest(rtcp, packet, clear + 4, nullptr, 0, tag);
  if (CRYPTO_memcmp(tag, packet + clear + 4, CM_TAG_BYTES) != 0) return 0;
  uint32_t index = word & 0x7fffffffu;
  counterIv(rtcp, packet + 4, index >> 16, index & 0xffff, iv);
  EVP_EncryptInit_ex(rtcp.counter, nullptr, nullptr, nullptr, iv);
  EVP_EncryptUpdate(rtcp.counter, payload, &written, payload, clear - RTCP_CLEAR_BYTES);
  return clear;
}
