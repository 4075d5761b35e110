// What most sources of the worker include, compiled once.

#include "common.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <ankerl/unordered_dense.h>
#include <flatbuffers/flatbuffers.h>
#include <uv.h>

#include "FBS/message.h"
#include "FBS/notification.h"
#include "FBS/request.h"
#include "FBS/response.h"

#include "Channel/ChannelRequest.hpp"
#include "RTC/RTP/Packet.hpp"
#include "RTC/RtpDictionaries.hpp"
#include "SharedInterface.hpp"
#include "Utils.hpp"
