// The scheduler's table, choice and waits. The switch itself: switch.cc; time: clock.cc.
#include "ports/cortex_m/scheduler.h"

#include "ports/cortex_m/clock.h"
#include "ports/cortex_m/contexts.h"
#include "ports/cortex_m/lock.h"
#include "ports/cortex_m/switch.h"

namespace ouro::port {

namespace {

constexpr std::uint64_t kForever = ~std::uint64_t{0};
constexpr std::uint32_t kPendSv = 14;
constexpr std::uint32_t kSysTick = 15;

constinit ThreadRecord g_mains[kCores];
// Places [0, kCores) are those of the mains.
constinit atomic<ThreadRecord*> g_table[kThreadsMax];
constinit atomic<std::uint32_t> g_taken((1u << kCores) - 1);  ///< a bit per place
constinit bool g_rotate[kCores] = {};  ///< the running thread has had its slice, or offers the rest
constinit const scheduler::Policy* g_policy = nullptr;

/// The thread that runs on the core. Not in handlers: one that ended may be the last that ran.
ThreadRecord* current(unsigned core) {
    // order: relaxed; its own core's.
    return g_table[g_running_mark[core] - 1].load(std::memory_order_relaxed);
}

/// Can it run now? If so it waits for nothing any more.
bool can_run(ThreadRecord& thread) {
    switch (thread.wait) {
        case Wait::nothing: return true;
        case Wait::no_more: return false;
        case Wait::non_zero:
            // order: acquire; pairs with the change that is waited for.
            if (thread.waits_on->load(std::memory_order_acquire) == 0 &&
                (thread.deadline == kForever || clock_ns() < thread.deadline))
                return false;
            break;
        case Wait::zero:
            // order: acquire; pairs with Mutex::unlock().
            if (thread.waits_on->load(std::memory_order_acquire) != 0) return false;
            break;
    }
    thread.wait = Wait::nothing;
    return true;
}

/// The thread itself, or the one that holds what it waits for (S3), or null.
ThreadRecord* runnable_for(ThreadRecord* thread, unsigned core) {
    for (unsigned steps = 0; steps < kThreadsMax; ++steps) {
        if (can_run(*thread)) return thread;
        if (thread->wait != Wait::zero) return nullptr;
        // order: relaxed; only says who, and tells Mutex::unlock() to ask for the scheduler.
        std::uint32_t word = thread->waits_on->load(std::memory_order_relaxed);
        const std::uint32_t holder = word & lock::kHolder;
        if (holder == 0 ||
            !thread->waits_on->compare_exchange(
                word, word | lock::kAwaited, std::memory_order_relaxed, std::memory_order_relaxed))
            continue;  // given back between the two looks
        if (holder > kThreadsMax) return nullptr;
        // order: acquire; pairs with Thread::start().
        thread = g_table[holder - 1].load(std::memory_order_acquire);
        if (thread == nullptr || thread->core != core) return nullptr;
    }
    return nullptr;
}

/// The most urgent thread of this core that is not excluded; the first one from `first` on.
ThreadRecord* most_urgent(unsigned core, unsigned first, std::uint32_t excluded) {
    ThreadRecord* best = nullptr;
    for (unsigned i = 0; i < kThreadsMax; ++i) {
        const unsigned place = first + i < kThreadsMax ? first + i : first + i - kThreadsMax;
        // order: acquire; pairs with Thread::start().
        ThreadRecord* thread = g_table[place].load(std::memory_order_acquire);
        if (thread == nullptr || thread->core != core || (excluded >> place & 1) != 0) continue;
        if (best == nullptr || thread->priority > best->priority) best = thread;
    }
    return best;
}

ThreadRecord* choose(unsigned core, unsigned first) {
    std::uint32_t excluded = 0;
    for (;;) {
        ThreadRecord* thread = most_urgent(core, first, excluded);
        if (thread == nullptr) {
            machine::wait_for_event();
            excluded = 0;
            continue;
        }
        ThreadRecord* runnable = runnable_for(thread, core);
        if (runnable != nullptr) return runnable;
        excluded |= 1u << thread->index;
    }
}

constexpr std::uint32_t kFill = 0xA5A5'A5A5;

void check_stack(const ThreadRecord& thread) {
    if (thread.stack == nullptr) return;
    if (thread.stack_pointer < thread.stack + 1 || *thread.stack != kFill)
        fatal("a thread's stack has overflown", thread.stack);
}

/// It has left its stack for good: its place and its context are free, its joiner may go on.
void retire(ThreadRecord& thread) {
    // order: relaxed; the next line publishes it.
    g_table[thread.index].store(nullptr, std::memory_order_relaxed);
    // order: release; pairs with take_place() for the next thread in this place.
    g_taken.fetch_and(~(1u << thread.index), std::memory_order_release);
    // order: release; pairs with join().
    thread.ended.store(1, std::memory_order_release);
}

}  // namespace

// Called by assembler text only (switch.cc): link-time optimization does not see it.
extern "C" [[gnu::used]] std::uint64_t ouro_cortex_m_switch(std::uint32_t* stack_pointer,
                                                            std::uint32_t exception_return,
                                                            std::uint32_t pc) {
    const unsigned core = core_id();
    ThreadRecord* from = current(core);
    const unsigned left = from->index;
    from->stack_pointer = stack_pointer;
    from->exception_return = static_cast<std::uint8_t>(exception_return);
    check_stack(*from);
    if (from->wait == Wait::no_more) retire(*from);
    const unsigned after = left + 1 < kThreadsMax ? left + 1 : 0;
    const unsigned first = *const_cast<volatile bool*>(&g_rotate[core]) ? after : left;
    *const_cast<volatile bool*>(&g_rotate[core]) = false;
    ThreadRecord* to = choose(core, g_policy != nullptr ? g_policy->first(core) : first);
    g_running_context[core] = &thread_context(to->index);
    g_running_mark[core] = to->index + 1u;
    // A new thread has no floating-point frame; the rest is as for the one that was left.
    if (to->exception_return == 0)
        to->exception_return = static_cast<std::uint8_t>(exception_return | switching::kPlainFrame);
    switching::set_stack_limit(to->stack);
    if (g_policy != nullptr) {
        g_policy->switched(core, pc, left, to->index);
        tick::restart(g_policy->slice(core));
    }
    return reinterpret_cast<std::uintptr_t>(to->stack_pointer) |
           static_cast<std::uint64_t>(switching::kReturn | to->exception_return) << 32;
}

namespace scheduler {

void start(unsigned priority, const Policy* policy) {
    const unsigned core = core_id();
    if (!switching::is_on_process_stack()) fatal("main must run on the process stack", nullptr);
    ThreadRecord& main = g_mains[core];
    main.priority = static_cast<std::uint8_t>(priority);
    main.core = main.index = static_cast<std::uint8_t>(core);
    // order: relaxed; of this thread.
    main.ended.store(0, std::memory_order_relaxed);
    g_policy = policy;
    // order: release; pairs with choose().
    g_table[core].store(&main, std::memory_order_release);
    machine::set_priority(kPendSv, 0xFF);
    machine::set_priority(kSysTick, kHasBasePriority ? kCeiling : 0);
    tick::start(policy != nullptr ? policy->slice(core) : tick::kSlice);
}

bool is_running() {
    // order: relaxed; its own core's. The main program has its place from the start on, for good.
    return g_table[core_id()].load(std::memory_order_relaxed) != nullptr;
}

unsigned current_index() { return g_running_mark[core_id()] - 1; }

unsigned thread_count() {
    unsigned count = 0;
    for (const auto& place : g_table) {
        // order: relaxed; a figure.
        if (place.load(std::memory_order_relaxed) != nullptr) ++count;
    }
    return count;
}

void ask() {
    if (is_running()) machine::word_at(machine::kInterruptControl) = machine::kSchedulePending;
    machine::signal_event();
}

std::uint32_t tick_has_come() {
    const unsigned core = core_id();
    if (g_policy != nullptr && !g_policy->ticked(core)) return g_policy->slice(core);
    *const_cast<volatile bool*>(&g_rotate[core]) = true;
    machine::word_at(machine::kInterruptControl) = machine::kSchedulePending;
    return g_policy != nullptr ? tick::kLongest : 0;
}

void wait_until(atomic<std::uint32_t>& word, Wait wait, std::uint64_t deadline) {
    if (is_in_interrupt()) fatal("a thread's wait in an interrupt", &word);
    if (!is_running()) {
        ThreadRecord alone;
        alone.waits_on = &word;
        alone.deadline = deadline;
        alone.wait = wait;
        while (!can_run(alone)) machine::wait_for_event();
        return;
    }
    ThreadRecord& self = *current(core_id());
    self.waits_on = &word;
    self.deadline = deadline;
    // The handler looks at the rest once it sees this; it may do so before it was asked.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    *const_cast<volatile Wait*>(&self.wait) = wait;
    machine::word_at(machine::kInterruptControl) = machine::kSchedulePending;
    machine::synchronize();
}

}  // namespace scheduler

void yield_thread() {
    if (is_in_interrupt() || !scheduler::is_running()) return;
    *const_cast<volatile bool*>(&g_rotate[core_id()]) = true;
    machine::word_at(machine::kInterruptControl) = machine::kSchedulePending;
    machine::synchronize();
}

// ---- threads

namespace {

[[noreturn]] void run_thread(void (*function)(void*), void* argument) {
    function(argument);
    ThreadRecord& self = *current(core_id());
    *const_cast<volatile Wait*>(&self.wait) = Wait::no_more;
    for (;;) yield_thread();
}

/// A free place of the table, taken, or kThreadsMax.
unsigned take_place() {
    for (unsigned place = kCores; place < kThreadsMax; ++place) {
        // order: acquire; pairs with retire().
        if ((g_taken.fetch_or(1u << place, std::memory_order_acquire) >> place & 1) == 0)
            return place;
    }
    return kThreadsMax;
}

/// The stack of a thread that has not run: filled, with one frame.
void prepare_stack(ThreadRecord& record, const platform::ThreadSettings& settings,
                   void (*function)(void*), void* argument) {
    constexpr std::uintptr_t kAlign = 8;
    const auto low = (reinterpret_cast<std::uintptr_t>(settings.stack) + kAlign - 1) & -kAlign;
    const auto end = reinterpret_cast<std::uintptr_t>(settings.stack) + settings.stack_bytes;
    record.stack = reinterpret_cast<std::uint32_t*>(low);
    const auto words = static_cast<std::uint32_t>(((end & -kAlign) - low) / sizeof kFill);
    record.stack_words = static_cast<std::uint16_t>(words < 0xFFFF ? words : 0xFFFF);
    for (std::uint32_t i = 0; i < words; ++i) record.stack[i] = kFill;
    record.stack_pointer = switching::first_frame(
        record.stack + words, reinterpret_cast<std::uintptr_t>(&run_thread),
        reinterpret_cast<std::uintptr_t>(function), reinterpret_cast<std::uintptr_t>(argument));
    record.exception_return = 0;
}

}  // namespace

bool Thread::start(void (*function)(void*), void* argument,
                   const platform::ThreadSettings& settings) {
    if (is_in_interrupt()) fatal("a thread is started in an interrupt", this);
    if (!scheduler::is_running() || settings.core >= kCores) return false;
    if (settings.stack == nullptr || settings.stack_bytes < kStackBytesMin) return false;
    // order: relaxed; the caller's own.
    if (record_.ended.load(std::memory_order_relaxed) == 0) return false;
    const unsigned place = take_place();
    if (place == kThreadsMax) return false;
    prepare_stack(record_, settings, function, argument);
    thread_context(place).reset();
    record_.priority = static_cast<std::uint8_t>(settings.priority);
    record_.core = static_cast<std::uint8_t>(settings.core);
    record_.index = static_cast<std::uint8_t>(place);
    record_.wait = Wait::nothing;
    // order: relaxed; published by the next line.
    record_.ended.store(0, std::memory_order_relaxed);
    // order: release; pairs with the scheduler's looks at the table.
    g_table[place].store(&record_, std::memory_order_release);
    scheduler::ask();
    return true;
}

void Thread::join() {
    if (is_in_interrupt()) fatal("a thread is joined in an interrupt", this);
    // order: acquire; pairs with retire().
    while (record_.ended.load(std::memory_order_acquire) == 0)
        scheduler::wait_until(record_.ended, Wait::non_zero, kForever);
}

std::size_t Thread::stack_bytes_unused() const {
    std::uint32_t words = 0;
    while (words < record_.stack_words && record_.stack[words] == kFill) ++words;
    return words * sizeof(std::uint32_t);
}

}  // namespace ouro::port
