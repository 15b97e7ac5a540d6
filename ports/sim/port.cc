// What the core asks of a machine, handed to the engine.
#include "ports/sim/port.h"

#include <cstdio>

#include "platform/context.h"
#include "ports/sim/engine.h"

namespace ouro::port {

namespace sim {

bool g_running = false;

namespace {

template <class Operate>
std::uint64_t directly(void* at, unsigned bytes, Operate operate) {
    std::uint64_t before = 0;
    std::memcpy(&before, at, bytes);
    const std::uint64_t after = operate(before);
    std::memcpy(at, &after, bytes);
    return before;
}

}  // namespace

std::uint64_t load(const void* at, unsigned bytes, std::memory_order order) {
    return engine().load(at, bytes, order);
}

void store(void* at, unsigned bytes, std::uint64_t value, std::memory_order order) {
    engine().store(at, bytes, value, order);
}

std::uint64_t exchange(void* at, unsigned bytes, std::uint64_t value, std::memory_order order) {
    if (g_running) return engine().modify(at, bytes, Modify::exchange, value, order);
    return directly(at, bytes, [=](std::uint64_t) { return value; });
}

std::uint64_t fetch_add(void* at, unsigned bytes, std::uint64_t value, std::memory_order order) {
    if (g_running) return engine().modify(at, bytes, Modify::add, value, order);
    return directly(at, bytes, [=](std::uint64_t before) { return before + value; });
}

std::uint64_t fetch_sub(void* at, unsigned bytes, std::uint64_t value, std::memory_order order) {
    if (g_running) return engine().modify(at, bytes, Modify::subtract, value, order);
    return directly(at, bytes, [=](std::uint64_t before) { return before - value; });
}

std::uint64_t fetch_or(void* at, unsigned bytes, std::uint64_t value, std::memory_order order) {
    if (g_running) return engine().modify(at, bytes, Modify::set_bits, value, order);
    return directly(at, bytes, [=](std::uint64_t before) { return before | value; });
}

std::uint64_t fetch_and(void* at, unsigned bytes, std::uint64_t value, std::memory_order order) {
    if (g_running) return engine().modify(at, bytes, Modify::keep_bits, value, order);
    return directly(at, bytes, [=](std::uint64_t before) { return before & value; });
}

std::uint64_t fetch_add_masked(void* at, unsigned bytes, std::uint64_t add, std::uint64_t clear,
                               std::uint64_t set, std::memory_order order) {
    if (g_running) return engine().add_masked(at, bytes, add, clear, set, order);
    return directly(at, bytes,
                    [=](std::uint64_t before) { return ((before + add) & ~clear) | set; });
}

bool compare_exchange(void* at, unsigned bytes, std::uint64_t& expected, std::uint64_t desired,
                      std::memory_order success, std::memory_order failure) {
    if (g_running) return engine().compare_exchange(at, bytes, expected, desired, success, failure);
    std::uint64_t here = 0;
    std::memcpy(&here, at, bytes);
    const bool equal = here == expected;
    expected = here;
    if (equal) std::memcpy(at, &desired, bytes);
    return equal;
}

void link_begins() { engine().link_begins(); }
bool link_is_broken() { return engine().link_is_broken(); }
void construct(const void* at, unsigned bytes) { engine().construct(at, bytes); }

}  // namespace sim

// ---- locks, events, threads

bool Mutex::is_free(const void* self) { return static_cast<const Mutex*>(self)->owner_ == 0; }

void Mutex::take() {
    owner_ = sim::engine().current_thread() + 1;
    sim::engine().clock().join(clock_);
    sim::engine().lock_changes();
}

void Mutex::lock() {
    if (!sim::g_running) return;
    if (is_in_interrupt()) sim::engine().fail("an interrupt takes a lock", this);
    sim::engine().step("lock", this);
    while (!is_free(this)) {
        if (owner_ == sim::engine().current_thread() + 1)
            fatal("a lock is taken twice by one thread", this);
        sim::engine().wait(&Mutex::is_free, this, ~std::uint64_t{0});
    }
    take();
}

bool Mutex::try_lock() {
    if (!sim::g_running) return true;
    sim::engine().step("try_lock", this);
    if (!is_free(this)) return false;
    take();
    return true;
}

void Mutex::unlock() {
    if (!sim::g_running) return;
    if (owner_ != sim::engine().current_thread() + 1)
        fatal("a lock is given back by a thread that does not hold it", this);
    owner_ = 0;
    clock_ = sim::engine().clock();
    sim::engine().lock_changes();
}

bool Event::is_set(const void* self) { return static_cast<const Event*>(self)->set_; }

void Event::set() {
    if (!sim::g_running) {
        set_ = true;
        return;
    }
    sim::engine().step("set", this);
    set_ = true;
    clock_.join(sim::engine().clock());
}

bool Event::wait(std::uint64_t ns) {
    if (!sim::g_running) return true;
    sim::engine().step("wait", this);
    const std::uint64_t now = sim::engine().now();
    const std::uint64_t deadline = ns > ~std::uint64_t{0} - now ? ~std::uint64_t{0} : now + ns;
    sim::engine().wait(&Event::is_set, this, deadline);
    if (!set_) return false;
    set_ = false;
    sim::engine().clock().join(clock_);
    return true;
}

bool Thread::start(void (*function)(void*), void* argument, const platform::ThreadSettings&) {
    if (!sim::g_running) return false;
    thread_ = sim::engine().start_thread(function, argument);
    return thread_ >= 0;
}

bool Thread::has_ended(const void* self) {
    const auto* thread = static_cast<const Thread*>(self);
    return sim::engine().thread_has_ended(static_cast<unsigned>(thread->thread_));
}

void Thread::join() {
    if (thread_ < 0) return;
    if (sim::g_running) {
        sim::engine().wait(&Thread::has_ended, this, ~std::uint64_t{0});
        sim::engine().join_clock_of(static_cast<unsigned>(thread_));
    }
    thread_ = -1;
}

// ---- contexts, time, the end

platform::Context& current_context() {
    return sim::g_running ? sim::engine().context() : sim::engine().context_outside();
}

bool all_windows_closed() {
    if (!sim::g_running) return true;
    // All windows, also those of threads that do not exist yet: a thread that starts now enters its
    // window by a read-modify-write that reads this one, and so sees what was written before.
    for (unsigned i = 0; i < kMaxContexts; ++i) {
        // order: acq_rel read-modify-write; pairs with enter_window() and leave_window().
        auto& window = sim::engine().context_of(i).window;
        if (window.fetch_add(0, std::memory_order_acq_rel) != 0) return false;
    }
    return true;
}

bool is_in_interrupt() { return sim::g_running && sim::engine().runs_interrupt(); }

bool probe_word(std::uint32_t* word) {
    const std::uint32_t before = *word;
    const bool added = sim::fetch_add(word, sizeof *word, 1, std::memory_order_relaxed) == before;
    return sim::exchange(word, sizeof *word, before, std::memory_order_relaxed) == before + 1 &&
           added;
}

bool forget_other_contexts() { return false; }
void on_fork(void (*)(), void (*)(), void (*)()) {}

std::uint64_t clock_ns() { return sim::g_running ? sim::engine().read_clock() : 0; }

void yield_thread() {
    if (sim::g_running) sim::engine().step("yield", nullptr, true);
}

void fatal(const char* reason, const void* address) { sim::engine().fail(reason, address); }

void note(const char* sentence, const char* name, unsigned a, unsigned b) {
    std::fprintf(stderr, "ouro: %s: %s (%u, %u)\n", sentence, name, a, b);
}

void poison(void* address, std::size_t bytes) {
    if (sim::g_running) sim::engine().hand_over(address, bytes, true);
}
void unpoison(void* address, std::size_t bytes) {
    if (sim::g_running) sim::engine().hand_over(address, bytes, false);
}
void plain_read(const void* address, std::size_t bytes) {
    if (sim::g_running) sim::engine().plain_read(address, bytes);
}
void plain_write(const void* address, std::size_t bytes) {
    if (sim::g_running) sim::engine().plain_write(address, bytes);
}

}  // namespace ouro::port
