// Mutex and Event.
#include "ports/cortex_m/lock.h"

#include "ports/cortex_m/scheduler.h"

namespace ouro::port {

void Mutex::lock_slowly() {
    if (is_in_interrupt()) fatal("a lock is taken in an interrupt", this);
    for (unsigned spins = 0;;) {
        // order: relaxed; try_lock() acquires.
        const std::uint32_t holder = holder_.load(std::memory_order_relaxed);
        if (holder == 0) {
            if (try_lock()) return;
            continue;
        }
        if ((holder & lock::kHolder) == current_mark()) fatal("a lock is taken twice", this);
        // The holder runs on the other core, most likely: its section is short.
        if (kCores > 1 && ++spins < lock::kSpinsMax) continue;
        // The scheduler marks the lock as awaited when it finds that it is not free.
        scheduler::wait_until(holder_, Wait::zero, ~std::uint64_t{0});
    }
}

// Somebody waits, or the caller is not the holder.
void Mutex::unlock_slowly(std::uint32_t before) {
    if ((before & lock::kHolder) != current_mark()) fatal("a lock is given back by another", this);
    scheduler::ask();
}

void Event::set() {
    // Who finds it set already need not ask: the one who set it has asked or is about to.
    // order: release; pairs with wait().
    if (set_.exchange(1, std::memory_order_release) == 0) scheduler::ask();
}

bool Event::wait(std::uint64_t ns) {
    if (is_in_interrupt() && ns != 0) fatal("an event is waited for in an interrupt", this);
    std::uint64_t deadline = ~std::uint64_t{0};
    if (ns != 0 && ns != deadline) {
        const std::uint64_t now = clock_ns();
        if (ns < deadline - now) deadline = now + ns;
    }
    for (;;) {
        // order: acquire; pairs with set().
        if (set_.exchange(0, std::memory_order_acquire) != 0) return true;
        if (ns == 0 || (deadline != ~std::uint64_t{0} && clock_ns() >= deadline)) return false;
        scheduler::wait_until(set_, Wait::non_zero, deadline);
    }
}

}  // namespace ouro::port
