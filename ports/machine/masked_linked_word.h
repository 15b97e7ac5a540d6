// Load-linked and store-conditional (platform/linked_word.h) by masked sections, for machines
// without the two instructions and without 64-bit atomics. The includer has defined MaskedSection.
#pragma once

#include <atomic>
#include <cstdint>

namespace ouro::port {

#define OURO_PORT_LINKED_WORD 1
#define OURO_PORT_MASKED_LINKED_WORD 1

/// Writes of all linked words: a link holds while it stays the same. More links break than would
/// have to, but only where a context that writes one came in between.
extern std::uint32_t g_linked_writes;

/// A word and the count of all writes, read and written in one masked section.
class linked_word {
public:
    struct Link {
        std::uint32_t bits;
        std::uint32_t writes;
        std::uint32_t value() const { return bits; }
    };

    constexpr linked_word() noexcept = default;
    linked_word(const linked_word&) = delete;
    linked_word& operator=(const linked_word&) = delete;

    [[gnu::always_inline]] std::uint32_t load(std::memory_order order) const noexcept {
        const std::uint32_t value = __atomic_load_n(&value_, __ATOMIC_RELAXED);
        if (order != std::memory_order_relaxed) std::atomic_signal_fence(std::memory_order_seq_cst);
        return value;
    }
    [[gnu::always_inline]] void store(std::uint32_t value, std::memory_order) noexcept {
        const MaskedSection section;
        ++g_linked_writes;
        value_ = value;
    }
    [[gnu::always_inline]] std::uint32_t fetch_add_masked(std::uint32_t add, std::uint32_t clear,
                                                          std::uint32_t set,
                                                          std::memory_order) noexcept {
        const MaskedSection section;
        ++g_linked_writes;
        const std::uint32_t before = value_;
        value_ = ((before + add) & ~clear) | set;
        return before;
    }
    [[gnu::always_inline]] Link load_linked(std::memory_order) const noexcept {
        const MaskedSection section;
        return {value_, g_linked_writes};
    }
    [[gnu::always_inline]] bool store_conditional(Link link, std::uint32_t value,
                                                  std::memory_order) noexcept {
        const MaskedSection section;
        if (g_linked_writes != link.writes) return false;
        ++g_linked_writes;
        value_ = value;
        return true;
    }

private:
    std::uint32_t value_ = 0;
};

}  // namespace ouro::port
