// The part of OpenSSL's interface that SRTP needs. Node exports these symbols from its own program (or from the
// libcrypto it is linked with), so neither headers nor another library are needed. Declarations after OpenSSL 3:
// https://docs.openssl.org/3.0/man3/
#pragma once

#include <cstddef>

extern "C" {
struct evp_cipher_ctx_st;
struct evp_cipher_st;
struct engine_st;
using EVP_CIPHER_CTX = evp_cipher_ctx_st;
using EVP_CIPHER = evp_cipher_st;

// Layout of include/openssl/sha.h, fixed since OpenSSL 0.9.
struct SHA_CTX {
  unsigned int h0, h1, h2, h3, h4;
  unsigned int Nl, Nh;
  unsigned int data[16];
  unsigned int num;
};

int SHA1_Init(SHA_CTX *context);
int SHA1_Update(SHA_CTX *context, const void *data, size_t length);
int SHA1_Final(unsigned char *digest, SHA_CTX *context);

EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *context);
const EVP_CIPHER *EVP_aes_128_ctr(void);
const EVP_CIPHER *EVP_aes_128_gcm(void);
const EVP_CIPHER *EVP_aes_128_ecb(void);
int EVP_CIPHER_CTX_set_padding(EVP_CIPHER_CTX *context, int padding);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int argument, void *pointer);
int EVP_EncryptInit_ex(EVP_CIPHER_CTX *context, const EVP_CIPHER *type, engine_st *engine,
                       const unsigned char *key, const unsigned char *iv);
int EVP_EncryptUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *outLength, const unsigned char *in,
                      int inLength);
// Whole blocks only, at once.
int EVP_Cipher(EVP_CIPHER_CTX *context, unsigned char *out, const unsigned char *in, unsigned int inLength);
int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *outLength);
int EVP_DecryptInit_ex(EVP_CIPHER_CTX *context, const EVP_CIPHER *type, engine_st *engine,
                       const unsigned char *key, const unsigned char *iv);
int EVP_DecryptUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *outLength, const unsigned char *in,
                      int inLength);
int EVP_DecryptFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *outLength);
int CRYPTO_memcmp(const void *a, const void *b, size_t length);
}

// include/openssl/evp.h
constexpr int EVP_CTRL_AEAD_GET_TAG = 0x10;
constexpr int EVP_CTRL_AEAD_SET_TAG = 0x11;
