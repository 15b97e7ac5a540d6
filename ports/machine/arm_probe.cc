// Start-up self-test of one word.
#include "platform/port.h"

#if defined(OURO_CORTEX_M)

namespace ouro::port {

namespace {

#if !OURO_CORTEX_M_MASKED_ATOMICS
/// One exclusive pair; `cleared`: the monitor is cleared in between, as an interrupt does.
bool store_exclusive(std::uint32_t* word, std::uint32_t value, bool cleared) {
    std::uint32_t old, failed;
    if (cleared) {
        asm volatile("ldrex %0, [%2]\n\tclrex\n\tstrex %1, %3, [%2]"
                     : "=&r"(old), "=&r"(failed)
                     : "r"(word), "r"(value)
                     : "memory");
    } else {
        asm volatile("ldrex %0, [%2]\n\tstrex %1, %3, [%2]"
                     : "=&r"(old), "=&r"(failed)
                     : "r"(word), "r"(value)
                     : "memory");
    }
    return failed == 0;
}

/// Interrupts may make a store fail, but not that often.
bool succeeds_at_last(std::uint32_t* word, std::uint32_t value) {
    constexpr unsigned kTries = 64;
    for (unsigned i = 0; i < kTries; ++i) {
        if (store_exclusive(word, value, false)) return true;
    }
    return false;
}
#endif

}  // namespace

bool probe_word(std::uint32_t* word) {
    volatile std::uint32_t& plain = *word;
    const std::uint32_t before = plain;
    bool works = true;
#if OURO_CORTEX_M_MASKED_ATOMICS
    auto& probed = *reinterpret_cast<atomic<std::uint32_t>*>(word);
    // order: relaxed, both; the word is the caller's alone.
    works = probed.fetch_add(1, std::memory_order_relaxed) == before && plain == before + 1;
    works = probed.exchange(~before, std::memory_order_relaxed) == before + 1 && works;
    works = plain == ~before && works;
#else
    // What was interrupted must not be stored; what was not must be.
    if (store_exclusive(word, before + 1, true) || plain != before) works = false;
    if (!succeeds_at_last(word, ~before) || plain != ~before) works = false;
#endif
    plain = before;
    return works && plain == before;
}

}  // namespace ouro::port

#endif
