// Threads, and the end of the program.
#include "platform/port.h"

namespace ouro::port {

void Thread::run(void* self) {
    auto& thread = *static_cast<Thread*>(self);
    thread.function_(thread.argument_);
    ouro_kernel_release_context(nullptr);
    // order: release; pairs with join_task(). From here on the thread touches its stack only.
    thread.ended_.store(1, std::memory_order_release);
    kernel::end_task();
}

bool Thread::start(void (*function)(void*), void* argument,
                   const platform::ThreadSettings& settings) {
    if (is_in_interrupt()) fatal("a thread is started in an interrupt", this);
    if (started_ || settings.core >= kCores) return false;
    if (settings.stack == nullptr || settings.stack_bytes < kStackBytesMin) return false;
    if (settings.priority > kernel::kPriorityMax)
        fatal("a thread's priority is more urgent than the kernel has", this);
    function_ = function;
    argument_ = argument;
    // order: relaxed; the kernel publishes it with the task.
    ended_.store(0, std::memory_order_relaxed);
    started_ = kernel::create_task(task_, settings, &Thread::run, this);
    return started_;
}

void Thread::join() {
    if (is_in_interrupt()) fatal("a thread is joined in an interrupt", this);
    if (!started_) return;
    if (kernel::state() != kernel::State::running)
        fatal("a thread is joined while the scheduler does not run", this);
    kernel::join_task(task_, ended_);
    started_ = false;
}

void fatal(const char* reason, const void* address) { ouro_kernel_fatal(reason, address); }

}  // namespace ouro::port

extern "C" [[gnu::weak]] void ouro_kernel_fatal(const char*, const void*) {
    ouro::port::kernel::stop();
}
