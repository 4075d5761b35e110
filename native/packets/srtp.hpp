// SRTP and SRTCP: AES_CM_128_HMAC_SHA1_80 (RFC 3711) and AEAD_AES_128_GCM (RFC 7714), in place.
#pragma once

#include <cstdint>
#include <cstring>

#include "openssl.hpp"

enum class Profile { CounterMode, Gcm };

constexpr int MAX_TAG_BYTES = 16;
constexpr int MAX_PEEK_BYTES = 64;

// Session keys of one direction, derived by the caller (RFC 3711, section 4.3).
struct SessionKeys {
  uint8_t key[16];
  uint8_t salt[14];
  uint8_t authentication[20];
};

class Transform {
public:
  Transform(Profile profile, const SessionKeys &rtp, const SessionKeys &rtcp);
  ~Transform();
  Transform(const Transform &) = delete;
  Transform &operator=(const Transform &) = delete;

  int rtpTagBytes() const { return profile == Profile::Gcm ? 16 : 10; }
  // Encrypts the payload where it lies and appends the tag; returns the packet's new length.
  int protectRtp(uint8_t *packet, int length, int headerLength, uint32_t rollover);
  // Whether the tag is right. `scratch` takes the payload in the clear.
  bool verifyRtp(const uint8_t *packet, int length, int headerLength, uint32_t rollover, uint8_t *scratch);
  // The first bytes of the payload, MAX_PEEK_BYTES at most, in the clear, whatever the tag says.
  void peek(const uint8_t *packet, int headerLength, uint32_t rollover, int bytes, uint8_t *out);
  int protectRtcp(uint8_t *packet, int length, uint32_t index);
  // Decrypts where it lies; returns the length in the clear, or 0 when the tag is wrong.
  int unprotectRtcp(uint8_t *packet, int length);

private:
  struct Direction {
    EVP_CIPHER_CTX *cipher = nullptr;
    EVP_CIPHER_CTX *decipher = nullptr;
    EVP_CIPHER_CTX *counter = nullptr;
    // Encrypts the counters of a few blocks: unlike counter mode it need not be set up again for each packet.
    EVP_CIPHER_CTX *block = nullptr;
    SHA_CTX inner;
    SHA_CTX outer;
    uint8_t salt[14];
  };

  void prepare(Direction &direction, const SessionKeys &keys);
  void digest(const Direction &direction, const uint8_t *data, int length, const uint8_t *more, int moreLength,
              uint8_t *out);
  void counterIv(const Direction &direction, const uint8_t *ssrc, uint32_t high, uint16_t low, uint8_t *iv);
  void gcmIv(const Direction &direction, const uint8_t *ssrc, uint32_t high, uint16_t low, uint8_t *iv);

  Profile profile;
  Direction rtp;
  Direction rtcp;
};
