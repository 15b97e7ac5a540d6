// Goal: what is not allowed ends with a sentence that says so. Method: the number on the command
// line chooses one misuse; the test knows the sentence.
#include <cstdint>

#include "platform/context.h"
#include "platform/mutex.h"
#include "platform/thread.h"
#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/scheduler.h"

namespace ouro {

namespace {

using platform::Mutex;
using platform::Thread;

[[gnu::section(".noinit")]] alignas(8) unsigned char g_stack[1024];
constinit Mutex g_mutex;

void in_interrupt(std::uint32_t priority, void (*handler)(void*), unsigned line = 0) {
    board::set_interrupt(line, priority, handler, nullptr);
    board::trigger(line);
}

[[gnu::noinline]] void use_600_bytes(void*) {
    volatile unsigned char much[600];
    for (unsigned i = 0; i < sizeof much; ++i) much[i] = 1;
}

void lock_in_interrupt() {
    in_interrupt(0x80, [](void*) { g_mutex.lock(); });
}
void wait_in_interrupt() {
    in_interrupt(0x80, [](void*) {
        platform::Event event;
        event.wait(1000);
    });
}
void thread_in_interrupt() {
    in_interrupt(0x80, [](void*) {
        Thread thread;
        thread.start([](void*) {}, nullptr, {.stack = g_stack, .stack_bytes = sizeof g_stack});
    });
}
void join_in_interrupt() {
    in_interrupt(0x80, [](void*) { Thread().join(); });
}
void above_the_ceiling() {
    in_interrupt(0x00, [](void*) { platform::current_context(); });
}
void too_many_levels() {
    // ARMv6-M has three besides the lowest, which are not too many.
    const std::uint32_t priorities[] = {0x40, 0x80, port::kHasBasePriority ? 0xC0u : 0x00u, 0x60};
    for (unsigned line = 0; line < board::kInterrupts; ++line)
        in_interrupt(priorities[line], [](void*) { platform::current_context(); }, line);
}
void lowest_priority() {
    in_interrupt(0xFF, [](void*) { platform::current_context(); });
}
void lock_twice() {
    g_mutex.lock();
    g_mutex.lock();
}
void unlock_of_another() {
    g_mutex.lock();
    in_interrupt(0x80, [](void*) { g_mutex.unlock(); });
}
void stack_overflow() {
    Thread thread;
    thread.start(use_600_bytes, nullptr,
                 {.stack = g_stack + 512, .stack_bytes = 512, .priority = 2});
    thread.join();
}

constexpr void (*kMisuses[])() = {
    lock_in_interrupt, wait_in_interrupt, thread_in_interrupt, join_in_interrupt, lock_twice,
    unlock_of_another, stack_overflow,    lowest_priority,     above_the_ceiling, too_many_levels,
};

}  // namespace
}  // namespace ouro

int main() {
    const std::uint32_t number = ouro::board::argument(0);
    if (number >= sizeof ouro::kMisuses / sizeof *ouro::kMisuses) return 5;
    ouro::port::scheduler::start(1);
    ouro::kMisuses[number]();
    ouro::board::print("it was allowed\n");
    return 0;
}
