// The packet loop as an object of JavaScript: src/packets/native-loop.ts is its only caller and keeps alive what it
// hands over (counters, windows, buffers) for as long as it is in use here.
#include <node_api.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "allocator.hpp"
#include "datagrams.hpp"
#include "loop.hpp"

namespace {

// Reads the arguments of one call; a wrong one throws std::invalid_argument.
class Call {
public:
  Call(napi_env env, napi_callback_info info) : env(env) {
    size_t count = MAX_ARGUMENTS;
    napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
    given = count;
  }

  Loop &loop() {
    void *pointer = nullptr;
    check(napi_get_value_external(env, next(), &pointer));
    return *static_cast<Loop *>(pointer);
  }
  double number() {
    double value = 0;
    check(napi_get_value_double(env, next(), &value));
    return value;
  }
  uint32_t id() {
    uint32_t value = 0;
    check(napi_get_value_uint32(env, next(), &value));
    return value;
  }
  std::string text() {
    char value[256];
    size_t length = 0;
    check(napi_get_value_string_utf8(env, next(), value, sizeof value, &length));
    return std::string(value, length);
  }
  // Contents of a typed array or Buffer.
  uint8_t *bytes(size_t *length, size_t atLeast = 0) {
    void *data = nullptr;
    napi_typedarray_type type;
    size_t elements = 0;
    check(napi_get_typedarray_info(env, next(), &type, &elements, &data, nullptr, nullptr));
    *length = elements * (type == napi_float64_array ? 8 : type == napi_uint32_array ? 4 : 1);
    if (*length < atLeast) throw std::invalid_argument("a buffer is too small");
    return static_cast<uint8_t *>(data);
  }

private:
  static constexpr size_t MAX_ARGUMENTS = 16;

  napi_value next() {
    if (taken == given) throw std::invalid_argument("an argument is missing");
    taken += 1;
    return arguments[taken - 1];
  }
  void check(napi_status status) {
    if (status != napi_ok) throw std::invalid_argument("an argument is of the wrong kind");
  }

  napi_env env;
  napi_value arguments[MAX_ARGUMENTS];
  size_t given = 0;
  size_t taken = 0;
};

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

// Turns exceptions of C++ into those of JavaScript.
template <napi_value (*body)(napi_env, Call &)> napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    Call call(env, info);
    return body(env, call);
  } catch (const std::system_error &error) {
    napi_throw_error(env, "ERR_PACKET_LOOP_SYSTEM", error.what());
  } catch (const std::exception &error) {
    napi_throw_error(env, "ERR_PACKET_LOOP", error.what());
  }
  return nullptr;
}

napi_value create(napi_env env, Call &call) {
  double epochMs = call.number();
  double wallOffsetMs = call.number();
  size_t outgoingBytes = 0;
  uint8_t *outgoing = call.bytes(&outgoingBytes);
  size_t inboxBytes = 0;
  uint8_t *inbox = call.bytes(&inboxBytes, 256 * 1024);
  Loop *loop = new Loop(epochMs, wallOffsetMs, outgoing, inbox, inboxBytes);
  napi_value result;
  napi_create_external(env, loop, [](napi_env, void *data, void *) { delete static_cast<Loop *>(data); }, nullptr,
                       &result);
  return result;
}

napi_value open(napi_env env, Call &call) {
  Loop &loop = call.loop();
  std::string address = call.text();
  uint32_t port = call.id();
  uint32_t receiveBufferBytes = call.id();
  size_t length = 0;
  auto *counters = reinterpret_cast<double *>(call.bytes(&length, 12 * sizeof(double)));
  auto *arrivals = reinterpret_cast<uint32_t *>(call.bytes(&length));
  if (length < 2 * ARRIVALS * sizeof(uint32_t)) arrivals = nullptr;
  Opened opened = loop.open(address, uint16_t(port), int(receiveBufferBytes), counters, arrivals);
  napi_value result;
  napi_value text;
  napi_create_array_with_length(env, 3, &result);
  napi_create_string_utf8(env, opened.address.c_str(), opened.address.size(), &text);
  napi_set_element(env, result, 0, number(env, opened.id));
  napi_set_element(env, result, 1, number(env, opened.port));
  napi_set_element(env, result, 2, text);
  return result;
}

napi_value close(napi_env, Call &call) {
  Loop &loop = call.loop();
  loop.close(call.id());
  return nullptr;
}

// Key, salt (padded to 14 bytes) and authentication key (padded to 20), one after the other: 50 bytes.
SessionKeys readKeys(Call &call) {
  size_t length = 0;
  const uint8_t *data = call.bytes(&length, 50);
  SessionKeys keys;
  memcpy(keys.key, data, 16);
  memcpy(keys.salt, data + 16, 14);
  memcpy(keys.authentication, data + 30, 20);
  return keys;
}

napi_value setKeys(napi_env, Call &call) {
  Loop &loop = call.loop();
  Socket *socket = loop.socket(call.id());
  if (socket == nullptr) return nullptr;
  Profile profile = call.id() == 1 ? Profile::Gcm : Profile::CounterMode;
  SessionKeys sendRtp = readKeys(call);
  SessionKeys sendRtcp = readKeys(call);
  SessionKeys receiveRtp = readKeys(call);
  SessionKeys receiveRtcp = readKeys(call);
  socket->send = std::make_unique<Transform>(profile, sendRtp, sendRtcp);
  socket->receive = std::make_unique<Transform>(profile, receiveRtp, receiveRtcp);
  socket->transportSequenceId = int(call.id());
  socket->captureTimeId = int(call.id());
  return nullptr;
}

napi_value addStream(napi_env env, Call &call) {
  Loop &loop = call.loop();
  uint32_t socketId = call.id();
  uint32_t ssrc = call.id();
  uint32_t rtxSsrc = call.id();
  bool hasRtx = call.id() == 1;
  double clockRateHz = call.number();
  Format format = static_cast<Format>(call.id());
  size_t length = 0;
  auto *counters = reinterpret_cast<double *>(call.bytes(&length, 24 * sizeof(double)));
  auto *window = reinterpret_cast<uint32_t *>(call.bytes(&length, WINDOW_PACKETS / 8));
  Stream *stream = loop.addStream(socketId, ssrc, rtxSsrc, hasRtx, clockRateHz, format, counters, window);
  if (stream == nullptr) throw std::invalid_argument("there is no such socket");
  return number(env, stream->id);
}

napi_value removeStream(napi_env, Call &call) {
  Loop &loop = call.loop();
  loop.removeStream(call.id());
  return nullptr;
}

napi_value restartFrames(napi_env, Call &call) {
  Loop &loop = call.loop();
  if (Stream *stream = loop.stream(call.id())) stream->restartFrames();
  return nullptr;
}

napi_value sendControl(napi_env, Call &call) {
  Loop &loop = call.loop();
  uint32_t id = call.id();
  size_t length = 0;
  const uint8_t *data = call.bytes(&length);
  loop.sendControl(id, data, int(length));
  return nullptr;
}

napi_value sendRtcp(napi_env, Call &call) {
  Loop &loop = call.loop();
  uint32_t id = call.id();
  size_t length = 0;
  const uint8_t *data = call.bytes(&length, 8);
  loop.sendRtcp(id, data, int(length));
  return nullptr;
}

napi_value flush(napi_env, Call &call) {
  Loop &loop = call.loop();
  size_t length = 0;
  const auto *queue = reinterpret_cast<const uint32_t *>(call.bytes(&length));
  uint32_t packets = call.id();
  if (packets * 3 * sizeof(uint32_t) > length) throw std::invalid_argument("the queue is shorter than told");
  loop.flush(queue, packets);
  return nullptr;
}

// Returns the bytes in the inbox, negative when there is more to come.
napi_value poll(napi_env env, Call &call) {
  bool more = false;
  double used = double(call.loop().poll(&more));
  return number(env, more ? -used - 1 : used);
}

napi_value dispose(napi_env, Call &call) {
  call.loop().dispose();
  return nullptr;
}

} // namespace

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"create", nullptr, guarded<create>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"open", nullptr, guarded<open>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"close", nullptr, guarded<close>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"setKeys", nullptr, guarded<setKeys>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"addStream", nullptr, guarded<addStream>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"removeStream", nullptr, guarded<removeStream>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"restartFrames", nullptr, guarded<restartFrames>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"sendControl", nullptr, guarded<sendControl>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"sendRtcp", nullptr, guarded<sendRtcp>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"flush", nullptr, guarded<flush>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"poll", nullptr, guarded<poll>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"dispose", nullptr, guarded<dispose>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  registerDatagrams(env, exports);
  registerAllocator(env, exports);
  return exports;
}
