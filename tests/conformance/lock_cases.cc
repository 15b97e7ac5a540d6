// Goal: one holder at a time, and what it wrote is seen by the next. Method: a plain counter under
// the lock, sections that are left half-way for others, try_lock against a holder.
#include <cstdint>

#include "platform/atomic.h"
#include "platform/mutex.h"
#include "tests/conformance/crew.h"

namespace ouro::conformance {

namespace {

using platform::atomic;
using platform::memory_order_relaxed;

struct Guarded {
    platform::Mutex mutex;
    std::uint32_t counter = 0;
    std::uint32_t refused = 0;  ///< of try_lock, under the lock too
    atomic<std::uint32_t> inside{0};
};

void enter(Guarded& guarded) {
    OURO_CONFORMS(guarded.inside.fetch_add(1, memory_order_relaxed) == 0, "a lock has one holder");
    ++guarded.counter;
    guarded.inside.fetch_sub(1, memory_order_relaxed);
}

void count(Guarded& guarded, unsigned number) {
    std::uint32_t refused = 0;
    for (unsigned i = 0, end = rig::repeats(400); i < end; ++i) {
        if (number == 2) {
            while (!guarded.mutex.try_lock()) {
                ++refused;
                platform::yield_thread();
            }
        } else {
            guarded.mutex.lock();
        }
        enter(guarded);
        if (i % 16 == 0) platform::yield_thread();
        guarded.mutex.unlock();
    }
    const platform::LockGuard guard(guarded.mutex);
    guarded.refused += refused;
}

void excludes() {
    Guarded guarded;
    run_crew(guarded, count);
    OURO_CONFORMS(guarded.counter == rig::repeats(400) * (kCrew + 1),
                  "nothing written under a lock is lost");
}

struct Held {
    platform::Mutex mutex;
    platform::Event tried;
    platform::Event held;
    bool got = true;
};

void try_against_holder(Held& held, unsigned number) {
    if (number == 0) {
        held.mutex.lock();
        held.held.set();
        held.tried.wait(platform::kForever);
        held.mutex.unlock();
    } else if (number == 1) {
        held.held.wait(platform::kForever);
        held.got = held.mutex.try_lock();
        held.tried.set();
    }
}

void try_lock_fails_against_a_holder() {
    Held held;
    run_crew(held, try_against_holder);
    OURO_CONFORMS(!held.got, "try_lock fails while another thread holds the lock");
    OURO_CONFORMS(held.mutex.try_lock(), "try_lock gets a free lock");
    held.mutex.unlock();
}

}  // namespace

const Case kLockCases[] = {
    {"lock: excludes", excludes},
    {"lock: try_lock fails against a holder", try_lock_fails_against_a_holder},
    {nullptr, nullptr},
};

}  // namespace ouro::conformance
