#include "examples/firmware/count_race.h"

#include <new>

#include "examples/firmware/tasks.h"

namespace {

struct Shared {
    Field<Shared> other;
};

#if FIRMWARE_SHARED_PTR
std::uint32_t count_of(const Ref<Shared>& ref) {
    return static_cast<std::uint32_t>(ref.use_count());
}
#else
std::uint32_t count_of(const Ref<Shared>& ref) { return ouro::refcount(ref); }
#endif

constexpr std::uint32_t kKept = 1000;  // references made before, and by the interrupt

alignas(Ref<Shared>) unsigned char g_place[sizeof(Ref<Shared>)];

struct Interrupted {
    const Ref<Shared>& shared;
    volatile std::uint32_t times;
};

}  // namespace

// One copy, in a function of its own to be looked at: tests/mcu/mcu_test.py reads its instructions.
extern "C" [[gnu::noinline]] void firmware_copy_reference(void* to, const void* from) {
    ::new (to) Ref<Shared>(*static_cast<const Ref<Shared>*>(from));
}

namespace {

/// One reference more at a time. Where it lies does not matter: the count is what is looked at.
void copy_in_interrupt(void* argument) {
    auto& at = *static_cast<Interrupted*>(argument);
    if (at.times == kKept) return;
    firmware_copy_reference(g_place, &at.shared);
    at.times = at.times + 1;
}

}  // namespace

CountRace race_counts(Memory& memory) {
    const Ref<Shared> shared = memory.make<Shared>();
    // Many references beforehand, so that a count that has lost some does not come to zero.
    for (std::uint32_t i = 0; i < kKept; ++i) firmware_copy_reference(g_place, &shared);
    Interrupted interrupted{shared, 0};
    set_interrupt_work(copy_in_interrupt, &interrupted);
    alignas(Ref<Shared>) unsigned char mine[sizeof(Ref<Shared>)];
    std::uint32_t random = 1;  // so that the interrupt meets every instruction
    while (interrupted.times < kKept) {
        for (std::uint32_t i = random >> 28; i > 0; --i) {
            firmware_copy_reference(mine, &shared);
            static_cast<Ref<Shared>*>(static_cast<void*>(mine))->~Ref<Shared>();
        }
        random = random * 1664525 + 1013904223;
    }
    set_interrupt_work(nullptr, nullptr);
    const CountRace race{1 + 2 * kKept, count_of(shared)};
    // A count that is wrong is left alone: the object may end too early, or never.
    auto* const copy = static_cast<Ref<Shared>*>(static_cast<void*>(g_place));
    for (std::uint32_t i = 0; i < 2 * kKept && race.counted == race.expected; ++i)
        copy->~Ref<Shared>();
    return race;
}
