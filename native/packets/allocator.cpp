#include "allocator.hpp"

#include <cstdlib>
#include <mutex>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

// mallopt(3): glibc raises both thresholds with the largest block that is freed, to as much as 32 and 64 MiB. What
// starting and compiling took once then stays with the process, in more and more pieces the longer it runs. Set by
// hand, the thresholds stay at what glibc begins with.
void keepLean() {
#ifdef __GLIBC__
  static constexpr int THRESHOLD_BYTES = 128 * 1024;
  mallopt(M_MMAP_THRESHOLD, THRESHOLD_BYTES);
  mallopt(M_TRIM_THRESHOLD, THRESHOLD_BYTES);
  malloc_trim(0);
#endif
}

napi_value keepAllocatorLean(napi_env, napi_callback_info) {
  static std::once_flag once;
  std::call_once(once, keepLean);
  return nullptr;
}

} // namespace

void registerAllocator(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "keepAllocatorLean", NAPI_AUTO_LENGTH, keepAllocatorLean, nullptr, &function);
  napi_set_named_property(env, exports, "keepAllocatorLean", function);
}
