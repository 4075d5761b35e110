// What the C library's allocator keeps of memory that was freed. src/packets/native-loop.ts is the caller.
#pragma once

#include <node_api.h>

// Adds keepAllocatorLean to the addon: freed memory of this process goes back to the kernel, now and from now on.
void registerAllocator(napi_env env, napi_value exports);
