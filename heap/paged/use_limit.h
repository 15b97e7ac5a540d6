// How much memory may be in use before threads that allocate do a part of the collector's work.
//
// Asked is who takes free memory from the allocator, under its lock, while more is in use than the
// limit says: all that it takes counts, not only what was never used before. Else what the
// collector has freed would go for nothing, and use would only ever grow. The collector sets the
// limit (gc/pacing.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/atomic.h"

namespace ouro {

class UseLimit {
public:
    /// `portion`: what is taken beyond it is seen to when it is so many bytes.
    void set(std::size_t bytes_in_use, std::size_t portion) {
        limit_.store(bytes_in_use, platform::memory_order_relaxed);  // order: a tuning value
        portion_.store(portion, platform::memory_order_relaxed);     // order: a tuning value
    }
    std::size_t get() const {
        return limit_.load(platform::memory_order_relaxed);  // order: a tuning value
    }

    /// So many bytes are taken while `in_use` are, about. Under the allocation lock.
    void take(std::ptrdiff_t in_use, std::size_t bytes) {
        if (in_use <= static_cast<std::ptrdiff_t>(get())) return;
        // order: relaxed; a hint for pacing, as in collect_taken().
        taken_beyond_.fetch_add(bytes, platform::memory_order_relaxed);
    }
    /// Bytes taken beyond the limit since the last call, when they are a portion: the caller sees
    /// to them. Else 0.
    std::size_t collect_taken() {
        // order: relaxed, all; hints for pacing.
        const std::uintptr_t portion = portion_.load(platform::memory_order_relaxed);
        if (taken_beyond_.load(platform::memory_order_relaxed) < portion) return 0;
        return taken_beyond_.exchange(0, platform::memory_order_relaxed);
    }

private:
    static constexpr std::uintptr_t kNone = ~std::uintptr_t{0} / 2;

    platform::atomic<std::uintptr_t> limit_{kNone};
    platform::atomic<std::uintptr_t> portion_{1};
    platform::atomic<std::uintptr_t> taken_beyond_{0};
};

}  // namespace ouro
