// A real-time kernel on one thread of the host, for the fakes of the three kernels: tasks with
// priorities that preempt each other at any instruction, mutexes with inheritance, semaphores,
// ticks, nested interrupts. It stops the program with a sentence at every call that a real kernel
// forbids, also at those that a real one would not notice.
//
// Tasks are fibers (ucontext), one runs at a time, as on one core. A signal of the system's timer
// is the tick: it comes between any two instructions, runs the interrupt handler of the test and
// switches tasks. While nobody is ready, time flies.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ouro::fake {

inline constexpr std::uint64_t kForever = ~std::uint64_t{0};
inline constexpr unsigned kStoragePointers = 2;

struct Task;

/// A mutex or a semaphore, in the memory that the caller of the kernel supplied.
struct Object {
    std::uint32_t magic;
    bool is_mutex;
    std::uint32_t count;  ///< 0 = taken
    Task* holder;         ///< of a mutex
};

/// Where a call may come from.
enum class From { task, interrupt, anywhere };

/// Around every call of the kernel: checks where it comes from; at its end others may run.
class Call {
public:
    Call(const char* name, From from);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
};

/// Ends the program: a test has failed, or one that expects this has not.
[[noreturn]] void fail(const char* sentence);

// ---- before and after the scheduler

/// The counter of ticks begins here.
void set_first_tick(std::uint64_t tick);
/// Runs the tasks until stop() is called by one of them.
void start();
void stop();
bool is_running();

// ---- inside a Call

/// `memory` is the control block that the caller supplied; it must be nobody's.
Task* create(void (*function)(void*), void* argument, void* stack, std::size_t stack_bytes,
             unsigned priority, void* memory, std::size_t memory_bytes);
/// A task that does not run: it is gone at once.
void remove(Task* task);
void suspend(Task* task);
Task* current();
/// Waits until the task has ended.
void join(Task* task);
/// Of the running task; it does not return.
[[noreturn]] void exit();
void*& storage(Task* task, unsigned index);
Task* checked(void* handle);

void make(void* memory, std::size_t bytes, bool is_mutex, std::uint32_t count);
bool take(void* object, std::uint64_t ticks);
/// False if it was given already.
bool give(void* object);
void delay(std::uint64_t ticks);
/// Others that are as urgent run first.
void yield();
void lock_scheduler();
void unlock_scheduler();
bool is_scheduler_locked();
unsigned enter_section();
void leave_section(unsigned before);

std::uint64_t now();

// ---- for tests

unsigned interrupt_depth();
/// Runs handler(argument) as an interrupt that preempts the caller.
void interrupt(void (*handler)(void*), void* argument);
/// From now on with every tick; null ends it.
void interrupt_anywhere(void (*handler)(void*), void* argument);
std::uint64_t switches();

}  // namespace ouro::fake
