// Plain datagrams in batches, for the UDP prober: no streams, no ciphers. src/probe/sockets/native.ts is the caller.
#pragma once

#include <node_api.h>

// Adds datagramOpen, datagramSetReceiveBuffer, datagramSend, datagramReceive and datagramClose to the addon.
void registerDatagrams(napi_env env, napi_value exports);
