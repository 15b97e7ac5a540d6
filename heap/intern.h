// The table of interned strings: equal texts that were interned are one immortal object.
//
// The table's buckets lie in the region; the strings of a bucket are chained through the strings
// themselves. An interned string's count is saturated, so it is never reclaimed; references to it
// are immediates, so its count is never written again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/mutex.h"

namespace ouro {

class Heap;
class String;

class InternTable {
public:
    /// Places `buckets` empty chains in `memory`.
    void init(void* memory, std::uint32_t buckets);
    /// The interned string with this text, or null. Time: O(strings of the bucket).
    String* find(std::string_view text);
    /// Enters `string` unless its text is there already; returns the one that is in the table.
    String* enter(String* string);
    platform::Mutex& lock() { return lock_; }
    std::uint32_t count() const { return count_; }

    // ---- for verify()

    /// Was it placed there by init()?
    bool lies_at(const void* memory, std::uint32_t buckets) const {
        return buckets_ == memory && bucket_count_ == buckets;
    }
    /// Is every chain one of interned strings of this heap, each in its bucket, and are they as
    /// many as were entered? The table lies where it should, the objects are sound.
    bool is_sound(Heap& heap);

private:
    String*& bucket_of(std::string_view text);

    platform::Mutex lock_;
    String** buckets_ = nullptr;
    std::uint32_t bucket_count_ = 0;
    std::uint32_t count_ = 0;
};

}  // namespace ouro
