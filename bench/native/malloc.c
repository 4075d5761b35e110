// What the C library's allocator has handed out and holds, of all threads together: mallinfo2(3), glibc 2.33.
// `read()` gives [bytes in use, bytes held]. For what is freed but kept, RSS cannot be told from a leak.
#include <malloc.h>
#include <node_api.h>

static napi_value readMalloc(napi_env env, napi_callback_info info) {
  (void)info;
  struct mallinfo2 m = mallinfo2();
  napi_value pair, inUse, held;
  napi_create_array_with_length(env, 2, &pair);
  napi_create_double(env, (double)m.uordblks + (double)m.hblkhd, &inUse);
  napi_create_double(env, (double)m.arena + (double)m.hblkhd, &held);
  napi_set_element(env, pair, 0, inUse);
  napi_set_element(env, pair, 1, held);
  return pair;
}

NAPI_MODULE_INIT() {
  napi_value read;
  napi_create_function(env, "read", NAPI_AUTO_LENGTH, readMalloc, NULL, &read);
  napi_set_named_property(env, exports, "read", read);
  return exports;
}
