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

constexpr unsigned kKept = 1000;
constexpr std::uint32_t kInterrupts = 1000;

/// In the interrupt every other time a reference more, every other time one less.
struct Interrupted {
    const Ref<Shared>& shared;
    Ref<Shared> kept;
    volatile std::uint32_t times = 0;
};

void keep_or_drop(void* argument) {
    auto& at = *static_cast<Interrupted*>(argument);
    at.times = at.times + 1;
    if (at.times % 2 == 1) {
        at.kept = at.shared;
    } else {
        at.kept = Ref<Shared>();
    }
}

}  // namespace

// One copy, in a function of its own to be looked at: tests/mcu/mcu_test.py reads its instructions.
extern "C" [[gnu::noinline]] void firmware_copy_reference(void* to, const void* from) {
    ::new (to) Ref<Shared>(*static_cast<const Ref<Shared>*>(from));
}

CountRace race_counts(Memory& memory) {
    const Ref<Shared> shared = memory.make<Shared>();
    // Many references beforehand, so that a count that has lost some does not come to zero.
    alignas(Ref<Shared>) unsigned char place[sizeof(Ref<Shared>)];
    auto* const copy = static_cast<Ref<Shared>*>(static_cast<void*>(place));
    for (unsigned i = 0; i < kKept; ++i) firmware_copy_reference(place, &shared);
    Interrupted interrupted{shared, {}};
    set_interrupt_work(keep_or_drop, &interrupted);
    std::uint32_t random = 1;  // so that the interrupt meets every instruction
    while (interrupted.times < kInterrupts) {
        for (std::uint32_t i = random >> 28; i > 0; --i) {
            firmware_copy_reference(place, &shared);
            copy->~Ref<Shared>();
        }
        random = random * 1664525 + 1013904223;
    }
    set_interrupt_work(nullptr, nullptr);
    interrupted.kept = Ref<Shared>();
    const CountRace race{1 + kKept, count_of(shared)};
    // A count that is wrong is left alone: the object may end too early, or never.
    for (unsigned i = 0; i < kKept && race.counted == race.expected; ++i) copy->~Ref<Shared>();
    return race;
}
