// Goal: what stands in a place is seen by whoever looks, or its writer sees what was true before
// the look (platform/borrow.h). Method: the heap's use of places, with borrowers and an
// owner.
#include "platform/borrow.h"

#include "platform/atomic.h"
#include "platform/thread.h"
#include "tests/conformance/crew.h"
#include "tests/conformance/rig.h"

namespace ouro::conformance {

namespace {

using platform::atomic;
using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;
using platform::memory_order_seq_cst;

constexpr unsigned kThings = 4;

/// A field that refers to things in turn, and who borrows them.
struct Lending {
    atomic<std::uintptr_t> field{1};
    atomic<std::uintptr_t> places[kCrew + 1];
    atomic<std::uint32_t> is_whole[kThings + 1];
    atomic<std::uint32_t> done{0};
};

void borrow_until_done(Lending& all, unsigned number) {
    atomic<std::uintptr_t>& place = all.places[number];
    while (all.done.load(memory_order_acquire) == 0) {
        const std::uintptr_t thing = all.field.load(memory_order_seq_cst);
        platform::publish(place, thing);
        if (all.field.load(memory_order_acquire) == thing) {
            for (unsigned i = 0; i < 3; ++i) {
                OURO_CONFORMS(all.is_whole[thing].load(memory_order_relaxed) == 1,
                              "what stands in a place is seen there before it changes");
            }
        }
        place.store(0, memory_order_release);
        if (rig::repeats(100) < 100) platform::yield_thread();
    }
}

/// Is it in no place? Asked when it has left the field.
bool is_lent(Lending& all, std::uintptr_t thing) {
    platform::before_looks();
    bool lent = false;
    for (auto& place : all.places) lent |= place.fetch_add(0, memory_order_acq_rel) == thing;
    return lent;
}

void lend_or_change(Lending& all, unsigned number) {
    if (number != 0) return borrow_until_done(all, number);
    std::uintptr_t thing = 1;
    for (unsigned round = 0; round < rig::repeats(300); ++round) {
        const std::uintptr_t next = thing % kThings + 1;
        all.is_whole[next].store(1, memory_order_relaxed);
        all.field.exchange(next, memory_order_seq_cst);
        while (is_lent(all, thing)) platform::yield_thread();
        all.is_whole[thing].store(0, memory_order_relaxed);
        thing = next;
    }
    all.done.store(1, memory_order_release);
}

void what_is_lent_stays() {
    Lending all;
    all.is_whole[1].store(1, memory_order_relaxed);
    run_crew(all, lend_or_change);
}

}  // namespace

const Case kBorrowCases[] = {
    {"place: what stands in it stays", what_is_lent_stays},
    {nullptr, nullptr},
};

}  // namespace ouro::conformance
