// Mutex and Event.
#include "platform/port.h"
#include "ports/kernel/ticks.h"

namespace ouro::port {

namespace {

constexpr std::uint64_t kForever = ~std::uint64_t{0};

// Holders that are no tasks.
constexpr std::uintptr_t kInterruptMark = 1;
constexpr std::uintptr_t kMainMark = 2;  ///< main(), while the scheduler does not run

std::uintptr_t own_mark() {
    if (is_in_interrupt()) return kInterruptMark;
    if (kernel::state() == kernel::State::not_started) return kMainMark;
    return kernel::current_task();
}

}  // namespace

bool Mutex::mark(std::uintptr_t holder) {
    std::uintptr_t nobody = 0;
    // order: acquire; pairs with unlock().
    return holder_.compare_exchange(nobody, holder, std::memory_order_acquire,
                                    std::memory_order_relaxed);
}

void Mutex::lock() {
    if (is_in_interrupt()) fatal("a lock is taken in an interrupt", this);
    const std::uintptr_t self = own_mark();
    // order: relaxed; only the caller writes its own mark.
    if (holder_.load(std::memory_order_relaxed) == self) fatal("a lock is taken twice", this);
    if (self == kMainMark) {
        if (!mark(self)) fatal("a lock is held by a task, and the scheduler does not run", this);
        return;
    }
    creation_.ensure([this] { kernel::create_lock(lock_); });
    const bool may_wait = kernel::state() == kernel::State::running;
    if (!kernel::take_lock(lock_, may_wait))
        fatal("a lock is waited for while the scheduler is suspended", this);
    // Only a handler can have the mark now, on another core, for a moment.
    while (!mark(self)) {
    }
}

bool Mutex::try_lock() {
    const std::uintptr_t self = own_mark();
    if (self == kInterruptMark || self == kMainMark) return mark(self);
    // order: relaxed; only the caller writes its own mark.
    if (holder_.load(std::memory_order_relaxed) == self) return false;
    creation_.ensure([this] { kernel::create_lock(lock_); });
    if (!kernel::take_lock(lock_, false)) return false;
    if (mark(self)) return true;
    kernel::give_lock(lock_);
    return false;
}

void Mutex::unlock() {
    const std::uintptr_t self = own_mark();
    // order: release; pairs with mark() of the next holder.
    if (holder_.exchange(0, std::memory_order_release) != self)
        fatal("a lock is given back by another", this);
    if (self != kInterruptMark && self != kMainMark) kernel::give_lock(lock_);
}

// The waiter makes the semaphore before it looks at the flag for the last time: who sets the flag
// after that look finds the semaphore.
void Event::set() {
    // order: acq_rel; releases to wait(), and acquires what a waiter did before its last look.
    if (set_.exchange(1, std::memory_order_acq_rel) != 0) return;
    if (!creation_.is_done()) return;
    if (is_in_interrupt()) {
        kernel::give_signal_in_interrupt(signal_);
    } else if (kernel::state() != kernel::State::not_started) {
        kernel::give_signal(signal_);
    }
}

bool Event::wait(std::uint64_t ns) {
    if (is_in_interrupt() && ns != 0) fatal("an event is waited for in an interrupt", this);
    // order: acquire; pairs with set().
    if (set_.exchange(0, std::memory_order_acquire) != 0) return true;
    if (ns == 0) return false;
    if (kernel::state() == kernel::State::suspended)
        fatal("an event is waited for while the scheduler is suspended", this);
    if (kernel::state() == kernel::State::not_started) {
        if (ns != kForever) return false;  // no time passes yet
        while (set_.exchange(0, std::memory_order_acquire) == 0) {
        }
        return true;
    }
    creation_.ensure([this] { kernel::create_signal(signal_); });
    const std::uint64_t begun = clock_ns();
    for (;;) {
        // order: acq_rel; acquires from set(), and releases the semaphore to it.
        if (set_.exchange(0, std::memory_order_acq_rel) != 0) return true;
        std::uint64_t left = kForever;
        if (ns != kForever) {
            const std::uint64_t passed = clock_ns() - begun;
            if (passed >= ns) return false;
            left = ns - passed;
        }
        kernel::take_signal(signal_, ticks::to_wait(left));
    }
}

}  // namespace ouro::port
