// The records of execution contexts: a pool for tasks, one for main() before the scheduler runs,
// and, off Cortex-M, one per depth of nested handlers and core.
#include "platform/context.h"

namespace ouro::port {

namespace {

/// A record is never freed: an observer may look at any of them at any time.
struct Slot : platform::Context {
    atomic<std::uintptr_t> owner{0};  ///< the task that has it; 0 = nobody
    std::uint32_t yields = 0;
};

constinit Slot g_tasks[OURO_KERNEL_TASKS];
constinit Slot g_main;

void reset(Slot& slot) {
    slot.Context::reset();
    slot.yields = 0;
}

Slot* find(std::uintptr_t task) {
    for (Slot& slot : g_tasks) {
        // order: relaxed; only the owner itself writes its own name.
        if (slot.owner.load(std::memory_order_relaxed) == task) return &slot;
    }
    return nullptr;
}

Slot& acquire(std::uintptr_t task) {
    if (Slot* slot = find(task)) return *slot;
    for (Slot& slot : g_tasks) {
        std::uintptr_t nobody = 0;
        // order: acquire; pairs with release(): the next owner finds the record at rest.
        if (slot.owner.compare_exchange(nobody, task, std::memory_order_acquire,
                                        std::memory_order_relaxed))
            return slot;
    }
    fatal("more tasks use Ouro than OURO_KERNEL_TASKS", nullptr);
}

void release(std::uintptr_t task) {
    Slot* slot = find(task);
    if (slot == nullptr) return;
    reset(*slot);
    // order: release; pairs with acquire().
    slot->owner.store(0, std::memory_order_release);
}

Slot& own_slot() {
    if (kernel::state() == kernel::State::not_started) return g_main;
    if constexpr (kernel::kRemembers) {
        if (void* slot = kernel::remembered()) return *static_cast<Slot*>(slot);
    }
    Slot& slot = acquire(kernel::current_task());
    if constexpr (kernel::kRemembers) kernel::remember(&slot);
    return slot;
}

}  // namespace

platform::Context& task_context() { return own_slot(); }

bool all_windows_closed() {
    for (Slot& slot : g_tasks) {
        if (!is_closed(slot.window)) return false;
    }
    return is_closed(g_main.window) && interrupt_windows_closed();
}

void yield_thread() {
    if (is_in_interrupt() || kernel::state() != kernel::State::running) return;
    if (++own_slot().yields % OURO_KERNEL_YIELDS_PER_SLEEP == 0) {
        kernel::sleep_one_tick();
    } else {
        kernel::yield();
    }
}

#if defined(OURO_CORTEX_M)

// Every priority up to the ceiling may use Ouro: no kernel waits in a handler of its own.
void check_interrupt_priority(std::uint32_t /*priority*/) {}

#else

namespace {
constinit platform::Context g_interrupts[kCores][kInterruptLevels];
}  // namespace

platform::Context& interrupt_context(unsigned depth) {
    if (depth > kInterruptLevels)
        fatal("more nested handlers use Ouro than OURO_KERNEL_INTERRUPT_LEVELS", nullptr);
    return g_interrupts[core_id()][depth - 1];
}

bool interrupt_windows_closed() {
    for (auto& core : g_interrupts) {
        for (platform::Context& context : core) {
            if (!is_closed(context.window)) return false;
        }
    }
    return true;
}

bool probe_word(std::uint32_t* word) {
    auto& probed = *reinterpret_cast<atomic<std::uint32_t>*>(word);
    volatile std::uint32_t& plain = *word;
    const std::uint32_t before = plain;
    // order: relaxed, both; the word is the caller's alone.
    bool works = probed.fetch_add(1, std::memory_order_relaxed) == before && plain == before + 1;
    works = probed.exchange(~before, std::memory_order_relaxed) == before + 1 && works;
    works = plain == ~before && works;
    plain = before;
    return works && plain == before;
}

#endif

}  // namespace ouro::port

extern "C" void ouro_kernel_release_context(const void* task) {
    using namespace ouro::port;
    if (task != nullptr) {
        release(reinterpret_cast<std::uintptr_t>(task));
    } else if (kernel::state() != kernel::State::not_started) {
        release(kernel::current_task());
        if constexpr (kernel::kRemembers) kernel::remember(nullptr);
    }
}

#if !defined(OURO_CORTEX_M)
extern "C" [[gnu::weak]] unsigned ouro_kernel_interrupt_depth() {
    return ouro::port::kernel::interrupt_depth();
}
#endif
