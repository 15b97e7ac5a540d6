// A 32-bit word with load-linked and store-conditional: a store that fails if anybody has written
// the word since it was read, also if it holds the same value again.
//
// A port whose machine has the two instructions brings its own type (OURO_PORT_LINKED_WORD), and so
// does one without 64-bit atomics. Here they are made of such a one: the upper half counts the
// writes, and the port may say that a link is broken. Between the two no other atomic may be
// changed: that can break the link, or mend it.
#pragma once

#include <cstdint>

#include "platform/atomic.h"

namespace ouro::platform {

#ifdef OURO_PORT_LINKED_WORD

/// See below.
using linked_word = port::linked_word;

#else

class linked_word {
public:
    /// What load_linked() has read, to be shown to store_conditional().
    struct Link {
        std::uint64_t bits;
        std::uint32_t value() const { return static_cast<std::uint32_t>(bits); }
    };

    constexpr linked_word() noexcept = default;

    std::uint32_t load(memory_order order) const {
        return static_cast<std::uint32_t>(versioned_.load(order));  // order: the caller's
    }
    /// By the only context that may write the word.
    void store(std::uint32_t value, memory_order order) {
        // order: relaxed; nobody else writes. Store: the caller's.
        versioned_.store(next(versioned_.load(memory_order_relaxed), value), order);
    }
    /// One read-modify-write: ((old + add) & ~clear) | set. Returns the old value. Lock-free.
    std::uint32_t fetch_add_masked(std::uint32_t add, std::uint32_t clear, std::uint32_t set,
                                   memory_order order) {
        // order: relaxed; confirmed by the swap.
        std::uint64_t now = versioned_.load(memory_order_relaxed);
        for (;;) {
            const auto old = static_cast<std::uint32_t>(now);
            // order: the caller's; relaxed when it fails: tried again.
            if (versioned_.compare_exchange(now, next(now, ((old + add) & ~clear) | set), order,
                                            memory_order_relaxed))
                return old;
        }
    }
    Link load_linked(memory_order order) const {
        port::link_begins();
        return {versioned_.load(order)};  // order: the caller's
    }
    bool store_conditional(Link link, std::uint32_t value, memory_order order) {
        if (port::link_is_broken()) return false;
        std::uint64_t seen = link.bits;
        // order: the caller's; acquire when it fails: pairs with who wrote it.
        return versioned_.compare_exchange(seen, next(seen, value), order, memory_order_acquire);
    }

private:
    static constexpr std::uint64_t next(std::uint64_t now, std::uint32_t value) {
        return ((now >> 32) + 1) << 32 | value;
    }

    atomic<std::uint64_t> versioned_{0};
};

#endif

}  // namespace ouro::platform
