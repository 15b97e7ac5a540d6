// Objects as keys of maps: which references are the same key, and a hash that agrees with that.
#pragma once

#include <cstdint>

#include "heap/ref.h"

namespace ouro {

/// Are these the same key? Integers are by value, strings by text, all else by identity (true and
/// false are no integers). Time: O(1), O(text) for strings. Threads: any. Runs no user code.
bool equal_keys(const Ref<Object>& a, const Ref<Object>& b);

/// The same number for equal keys. Time: O(1), O(text) for strings. Threads: any.
std::uint32_t hash_key(const Ref<Object>& key);

/// The hash of a key that is compared by identity alone.
std::uint32_t hash_identity(const Ref<Object>& key);

}  // namespace ouro
