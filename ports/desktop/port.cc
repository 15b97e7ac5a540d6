// Cold half of the desktop port: contexts, windows seen from outside, threads, time, the end.
#include "ports/desktop/port.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "platform/context.h"

#if OURO_PORT_ASAN
#include <sanitizer/asan_interface.h>
#endif
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif

namespace ouro::port {

namespace {

// A slot is a Context and whether a thread has it. Slots are never returned to the system: an
// observer may read any of them at any time.
struct alignas(64) Slot {
    platform::Context context;
    std::atomic<bool> taken{false};
};

Slot g_slots[kMaxContexts];
std::atomic<std::uint32_t> g_slots_used{0};  // slots [0, used) have been taken at least once
pthread_key_t g_exit_key;
pthread_once_t g_exit_key_once = PTHREAD_ONCE_INIT;

// Runs after the thread's thread_local objects are gone (glibc runs those first). A later call of
// current_context() takes a slot again and sets the key again, so this runs again.
void release_context(void* slot) {
    platform::Context& context = static_cast<Slot*>(slot)->context;
    t_context = &context;  // it ends as the context that it is
    if (context.at_end != nullptr) context.at_end(context);
    t_context = nullptr;
    // order: release; pairs with acquire_context(): the next owner finds the record as we left it.
    static_cast<Slot*>(slot)->taken.store(false, std::memory_order_release);
}

void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
}

void make_exit_key() {
    if (pthread_key_create(&g_exit_key, release_context) != 0) fatal("no thread-exit key", nullptr);
}

bool register_membarrier() {
#if defined(__SANITIZE_THREAD__)
    return false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return false;
#endif
#endif
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

}  // namespace

constinit thread_local platform::Context* t_context = nullptr;

// A window entered before this initializer ran (from another file's initializer) used the
// read-modify-write side, which is right with either observer.
const bool g_asymmetric_windows = register_membarrier();

constinit bool g_is_checked = OURO_PORT_ASAN != 0;
#ifdef VALGRIND_GET_VBITS
// Before all initializers without a priority: a heap in a static object is marked from its start.
// Of Valgrind's tools only Memcheck answers: others count instructions as without them.
[[gnu::constructor(101)]] static void look_for_memcheck() {
    unsigned char looked_at = 0, answer = 0;
    if (VALGRIND_GET_VBITS(&looked_at, &answer, 1) != 0) g_is_checked = true;
}
#endif

platform::Context& acquire_context() {
    pthread_once(&g_exit_key_once, make_exit_key);
    for (std::uint32_t i = 0; i < kMaxContexts; ++i) {
        bool expected = false;
        // order: acq_rel; pairs with release_context().
        if (!g_slots[i].taken.compare_exchange_strong(expected, true, std::memory_order_acq_rel))
            continue;
        // order: acquire / acq_rel; pairs with the read-modify-write in all_windows_closed().
        std::uint32_t used = g_slots_used.load(std::memory_order_acquire);
        while (used < i + 1 &&
               !g_slots_used.compare_exchange_weak(used, i + 1, std::memory_order_acq_rel)) {
        }
        t_context = &g_slots[i].context;
        t_context->reset();
        t_context->operations = 0;
        pthread_setspecific(g_exit_key, &g_slots[i]);
        return *t_context;
    }
    fatal("more than 1000 threads inside Ouro at once", nullptr);
}

// Each context must be seen outside once, not all of them at one moment: who was outside after the
// call began finds, in a later window, what was written before it.
constexpr unsigned kLooksAtWindow = 256;

bool all_windows_closed() {
    if (g_asymmetric_windows) syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    // order: acq_rel RMW; pairs with the swap in acquire_context(). Of the two the later one sees
    // the earlier: we see the new context's slot, or it sees all that was written before this.
    const std::uint32_t used = g_slots_used.fetch_add(0, std::memory_order_acq_rel);
    for (std::uint32_t i = 0; i < used; ++i) {
        // order: acq_rel RMW; pairs with enter_window() (see there) and leave_window().
        unsigned looks = 0;
        while (g_slots[i].context.window.fetch_add(0, std::memory_order_acq_rel) != 0) {
            if (++looks == kLooksAtWindow) return false;  // it sleeps inside, or nearly so
        }
    }
    return true;
}

void before_looks() {
    if (g_asymmetric_windows) syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

bool forget_other_contexts() {
    bool were_there = false;
    for (Slot& slot : g_slots) {
        if (&slot.context == t_context) continue;
        // order: relaxed; as below.
        were_there = were_there || slot.taken.load(std::memory_order_relaxed);
        // order: relaxed, all; the child of a fork has one thread only.
        slot.context.window.store(0, std::memory_order_relaxed);
        for (auto& place : slot.context.places) place.store(nullptr, std::memory_order_relaxed);
        slot.taken.store(false, std::memory_order_relaxed);
    }
    return were_there;
}

void on_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) {
    static std::once_flag once;
    std::call_once(once, [=] { pthread_atfork(before, in_parent, in_child); });
}

void Event::after_fork(bool in_child) {
    if (in_child) {
        // Its waiters are threads of the parent process.
        new (&condition_) std::condition_variable();
        set_ = false;
    }
    mutex_.unlock();
}

/// Locks are held for a microsecond or so, and to be woken takes tens of them: it is worth looking
/// again for a while before one sleeps. Time: about three microseconds.
void Mutex::lock_slowly() {
    constexpr unsigned kPausesMost = 32;
    for (unsigned pauses = 1; pauses <= kPausesMost; pauses *= 2) {
        for (unsigned i = 0; i < pauses; ++i) pause();
        if (mutex_.try_lock()) return;
    }
    mutex_.lock();
}

void Event::set() {
    std::lock_guard<std::mutex> lock(mutex_);
    set_ = true;
    condition_.notify_one();  // under the lock, so that a fork finds nobody in the middle of it
}

bool Event::wait(std::uint64_t ns) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto is_set = [this] { return set_; };
    if (ns == ~std::uint64_t{0}) {
        condition_.wait(lock, is_set);
    } else {
        // Not the system's clock, which is set back now and then: collections would wait for it.
        constexpr std::uint64_t kMost = std::uint64_t{1} << 61;  // 73 years; more would overflow
        const std::chrono::nanoseconds wait(ns < kMost ? ns : kMost);
        const auto until = std::chrono::steady_clock::now() + wait;
        condition_.wait_until(lock, until, is_set);
    }
    const bool was_set = set_;
    set_ = false;
    return was_set;
}

void* Thread::run(void* self) {
    auto* thread = static_cast<Thread*>(self);
    thread->function_(thread->argument_);
    return nullptr;
}

bool Thread::start(void (*function)(void*), void* argument, const platform::ThreadSettings&) {
    function_ = function;
    argument_ = argument;
    started_ = pthread_create(&handle_, nullptr, &Thread::run, this) == 0;
    return started_;
}

void Thread::join() {
    if (started_) pthread_join(handle_, nullptr);
    started_ = false;
}

void Thread::forget() { started_ = false; }

std::uint64_t clock_ns() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

unsigned core_id() {
    const int core = sched_getcpu();
    return core < 0 ? 0 : static_cast<unsigned>(core);
}

void yield_thread() { std::this_thread::yield(); }

void fatal(const char* reason, const void* address) {
    std::fprintf(stderr, "ouro: fatal: %s", reason);
    if (address != nullptr) std::fprintf(stderr, " (object %p)", address);
    std::fputc('\n', stderr);
    std::abort();
}

void note(const char* sentence, const char* name, unsigned a, unsigned b) {
    std::fprintf(stderr, "ouro: %s: %s (%u, %u)\n", sentence, name, a, b);
}

void mark_poisoned([[maybe_unused]] void* address, [[maybe_unused]] std::size_t bytes) {
#if OURO_PORT_ASAN
    __asan_poison_memory_region(address, bytes);
#endif
#ifdef VALGRIND_MAKE_MEM_NOACCESS
    VALGRIND_MAKE_MEM_NOACCESS(address, bytes);
#endif
}

void mark_undefined([[maybe_unused]] void* address, [[maybe_unused]] std::size_t bytes) {
#if OURO_PORT_ASAN
    __asan_unpoison_memory_region(address, bytes);
#endif
#ifdef VALGRIND_MAKE_MEM_UNDEFINED
    VALGRIND_MAKE_MEM_UNDEFINED(address, bytes);
#endif
}

void mark_defined([[maybe_unused]] void* address, [[maybe_unused]] std::size_t bytes) {
#if OURO_PORT_ASAN
    __asan_unpoison_memory_region(address, bytes);
#endif
#ifdef VALGRIND_MAKE_MEM_DEFINED
    VALGRIND_MAKE_MEM_DEFINED(address, bytes);
#endif
}

}  // namespace ouro::port
