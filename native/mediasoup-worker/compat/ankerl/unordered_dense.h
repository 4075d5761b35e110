#pragma once

// Stands in for the header-only hash containers of the same name (https://github.com/martinus/unordered_dense),
// which Debian 12 does not carry: the standard containers, under the names that mediasoup-worker uses.

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
	// mediasoup-worker specialises this for its own keys; the second parameter is there for such a
	// specialisation to switch on.
	template<typename Key, typename Enable = void>
	struct hash
	{
		uint64_t operator()(const Key& key) const noexcept(noexcept(std::hash<Key>{}(key)))
		{
			return std::hash<Key>{}(key);
		}
	};

	template<typename Key, typename Value, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
	using map = std::unordered_map<Key, Value, Hash, Equal>;

	template<typename Key, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
	using set = std::unordered_set<Key, Hash, Equal>;
} // namespace ankerl::unordered_dense
