#pragma once

// The part of libsrtp 3's API that mediasoup-worker uses, on top of libsrtp 2, which is what distributions carry.
//
// Three things differ:
// - a policy is opaque and filled by setters, instead of a struct that the caller fills;
// - protect and unprotect read one buffer and write another, instead of working in place;
// - a stream is removed by srtp_stream_remove.
// Everything else (types, profiles, events, error codes) is the same header.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

// libsrtp 2's policy struct gets another name, to leave `srtp_policy_t` to the pointer that libsrtp 3 makes of it.
#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

// Two errors that libsrtp 2 does not know. It never returns them; mediasoup-worker has texts for them.
inline constexpr srtp_err_status_t srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
inline constexpr srtp_err_status_t srtp_err_status_cryptex_err = static_cast<srtp_err_status_t>(29);

struct SrtpPolicy
{
	srtp2_policy_t fields{};
	// Master key and salt, one after the other: libsrtp 2 wants them in one piece.
	std::vector<uint8_t> keyAndSalt;
};
using srtp_policy_t = SrtpPolicy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new SrtpPolicy();
	return srtp_err_status_ok;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->fields.ssrc = ssrc;
	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const auto status = srtp_crypto_policy_set_from_profile_for_rtp(&policy->fields.rtp, profile);
	if (status != srtp_err_status_ok)
	{
		return status;
	}
	return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->fields.rtcp, profile);
}

inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLength,
  const uint8_t* salt,
  size_t saltLength,
  const uint8_t* /*mki*/,
  size_t mkiLength)
{
	if (mkiLength != 0)
	{
		// mediasoup-worker uses no master key identifiers, and this translation carries none.
		return srtp_err_status_bad_param;
	}
	policy->keyAndSalt.assign(key, key + keyLength);
	policy->keyAndSalt.insert(policy->keyAndSalt.end(), salt, salt + saltLength);
	// libsrtp 2 may read up to the longest key it knows, whatever the profile.
	policy->keyAndSalt.resize(SRTP_MAX_KEY_LEN);
	policy->fields.key = policy->keyAndSalt.data();
	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->fields.allow_repeat_tx = allow ? 1 : 0;
	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t packets)
{
	policy->fields.window_size = static_cast<unsigned long>(packets);
	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return ::srtp_create(session, &policy->fields);
}

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return ::srtp_remove_stream(session, ssrc);
}

// Runs an in-place function of libsrtp 2 from `input` to `output`, which may be the same buffer.
// `outputLength` holds the room in `output` before and the length of the packet after.
template<typename InPlace>
inline srtp_err_status_t srtpFromTo(
  InPlace inPlace, srtp_t session, const uint8_t* input, size_t inputLength, uint8_t* output, size_t* outputLength)
{
	if (inputLength > *outputLength)
	{
		return srtp_err_status_buffer_small;
	}
	if (output != input)
	{
		std::memcpy(output, input, inputLength);
	}
	int length        = static_cast<int>(inputLength);
	const auto status = inPlace(session, static_cast<void*>(output), &length);
	*outputLength     = static_cast<size_t>(length);
	return status;
}

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* rtp, size_t rtpLength, uint8_t* srtp, size_t* srtpLength, size_t /*mkiIndex*/)
{
	const auto inPlace = [](srtp_t s, void* packet, int* length) { return ::srtp_protect(s, packet, length); };
	return srtpFromTo(inPlace, session, rtp, rtpLength, srtp, srtpLength);
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* rtcp, size_t rtcpLength, uint8_t* srtcp, size_t* srtcpLength, size_t /*mkiIndex*/)
{
	const auto inPlace = [](srtp_t s, void* packet, int* length) { return ::srtp_protect_rtcp(s, packet, length); };
	return srtpFromTo(inPlace, session, rtcp, rtcpLength, srtcp, srtcpLength);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* srtp, size_t srtpLength, uint8_t* rtp, size_t* rtpLength)
{
	const auto inPlace = [](srtp_t s, void* packet, int* length) { return ::srtp_unprotect(s, packet, length); };
	return srtpFromTo(inPlace, session, srtp, srtpLength, rtp, rtpLength);
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* srtcp, size_t srtcpLength, uint8_t* rtcp, size_t* rtcpLength)
{
	const auto inPlace = [](srtp_t s, void* packet, int* length) { return ::srtp_unprotect_rtcp(s, packet, length); };
	return srtpFromTo(inPlace, session, srtcp, srtcpLength, rtcp, rtcpLength);
}
