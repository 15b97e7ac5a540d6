// The engine: runs a program of several threads on fibers, one step at a time, in the order that a
// strategy chooses. Every shared access of the program is a step.
//
// E1  One fiber runs at a time; others change only at steps, so the engine itself needs no locks.
// E2  Given the same program, memory and decisions, an execution is the same, bit for bit. Time is
//     counted in steps; a thread that waits for a time may find it come at any step.
// E3  An interrupt preempts a thread at any step, whoever holds a lock, and runs to its end: nobody
//     preempts it, and it may neither wait nor take a lock.
// E4  An execution that violates something is abandoned where it stands. Its fibers' stacks are
//     forgotten: the program's memory is to be put back by whoever runs the next execution.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "platform/context.h"
#include "ports/sim/fiber.h"
#include "ports/sim/memory.h"
#include "ports/sim/strategy.h"

namespace ouro::port::sim {

/// One step of an execution, for whoever prints it.
struct Operation {
    unsigned thread;
    const char* what;  ///< "load", "exchange", "lock" ...
    const void* at;
    unsigned bytes;
    std::uint64_t before;
    std::uint64_t after;
    std::memory_order order;
    unsigned age;  ///< of a load: how many stores the one returned is behind the newest
};

/// How an execution ended.
struct Outcome {
    const char* violation = nullptr;  ///< a sentence, or null: all threads came to their end
    const void* object = nullptr;     ///< what it is about
    unsigned thread = 0;              ///< who found it
    std::uint32_t steps = 0;
};

/// What an execution is to do beside the program's steps.
struct Observer {
    void* self = nullptr;
    void (*traced)(void* self, const Operation& operation) = nullptr;
    void (*stepped)(void* self) = nullptr;  ///< after every step: cheap invariants
    /// Memory is given back; the engine asks before it believes it.
    void (*freed)(void* self, const void* at, std::size_t bytes) = nullptr;
};

/// What clock_ns() returns: time in steps, one moment for ever, or an hour more at each reading.
enum class ClockKind { steady, still, jumps };

enum class Modify { exchange, add, subtract, set_bits, keep_bits };

class Engine {
public:
    /// All contexts as they are before anything ran: the memory of what ran is another's now.
    void reset_contexts();
    /// Runs entry(argument) as thread 0 and all that it starts. Takes as long as it takes, but no
    /// execution has more than `steps_max` steps: that many are a violation.
    Outcome run(Strategy& strategy, void (*entry)(void*), void* argument,
                std::uint32_t steps_max = 100'000);
    /// What the last execution did, as far as it was not the obvious.
    const Schedule& schedule() const { return schedule_; }
    void observe(const Observer& observer) { observer_ = observer; }
    /// On a violation, stop in the debugger where it is found.
    void trap_on_violation(bool trap) { trap_ = trap; }
    /// The clock of all executions from now on. Waits keep to the steps: any of them may end.
    void distort_clock(ClockKind kind) { clock_kind_ = kind; }
    /// From inside an execution: `handler` may interrupt any thread from now on, once.
    void set_interrupt(void (*handler)(void*), void* argument);
    /// From inside an execution: ends it with this violation. Outside it stops the program.
    [[noreturn]] void fail(const char* violation, const void* object);
    unsigned current_thread() const { return current_; }
    /// How many have been begun.
    std::uint64_t executions() const { return executions_; }

    // ---- for the port

    std::uint64_t load(const void* at, unsigned bytes, std::memory_order order);
    void store(void* at, unsigned bytes, std::uint64_t value, std::memory_order order);
    std::uint64_t modify(void* at, unsigned bytes, Modify what, std::uint64_t operand,
                         std::memory_order order);
    std::uint64_t add_masked(void* at, unsigned bytes, std::uint64_t add, std::uint64_t clear,
                             std::uint64_t set, std::memory_order order);
    bool compare_exchange(void* at, unsigned bytes, std::uint64_t& expected, std::uint64_t desired,
                          std::memory_order success, std::memory_order failure);
    void fence(std::memory_order order);
    void construct(const void* at, unsigned bytes);
    void plain_read(const void* at, std::size_t bytes);
    void plain_write(const void* at, std::size_t bytes);
    void hand_over(const void* at, std::size_t bytes, bool freed);

    /// A step that is no access to memory: a call of the named operation.
    void step(const char* what, const void* at, bool yields = false);
    /// Waits until ready(argument); `deadline`: or until that time. True iff it became ready.
    bool wait(bool (*ready)(const void*), const void* argument, std::uint64_t deadline);
    /// -1 when no thread is left.
    int start_thread(void (*function)(void*), void* argument);
    bool thread_has_ended(unsigned thread) const;
    void join_clock_of(unsigned thread);
    VectorClock& clock() { return threads_[current_].view.clock; }
    /// A lock is taken or given back: an atomic change.
    void lock_changes() { ++threads_[current_].changes; }
    /// A link begins (platform/linked_word.h). As on a machine: another thread's turn or an
    /// interrupt breaks it, whatever they do.
    void link_begins();
    /// Is the link of this thread broken? Its use after another atomic change by the same thread is
    /// a violation: on a machine that may break the link or mend a broken one.
    bool link_is_broken();
    std::uint64_t now() const { return now_; }
    bool runs_interrupt() const { return threads_[current_].interrupt; }
    /// What the program's clock shows.
    std::uint64_t read_clock();
    platform::Context& context() { return contexts_[current_]; }
    platform::Context& context_outside() { return outside_; }
    platform::Context& context_of(unsigned thread) { return contexts_[thread]; }

private:
    enum class State : std::uint8_t { ready, waiting, ended };

    struct SimThread {
        Fiber fiber;
        ThreadView view;
        State state = State::ended;
        bool granted = false;    ///< was chosen for its next step
        bool interrupt = false;  ///< runs to completion
        std::uint32_t steps = 0;
        std::uint32_t in_a_row = 0;
        std::uint32_t departures = 0;                         ///< how often others had their turn
        std::uint32_t changes = 0;                            ///< read-modify-writes, locks
        std::uint32_t link_departures = 0, link_changes = 0;  ///< when the link began
        bool (*ready)(const void*) = nullptr;
        const void* argument = nullptr;
        std::uint64_t deadline = 0;
        void (*function)(void*) = nullptr;
        void* function_argument = nullptr;
    };

    static void fiber_entry();
    void reset(Strategy& strategy, std::uint32_t steps_max);
    int add_thread(void (*function)(void*), void* argument);
    void count_step();
    Turn survey(bool yields);
    void choose_and_switch(bool yields);
    void switch_to(unsigned next);
    void maybe_interrupt();
    void leave(const char* violation, const void* object);
    void check(const Race& race, const void* at);
    void record(Decision::Kind kind, unsigned value);
    template <class Compute>
    std::uint64_t modify_with(void* at, unsigned bytes, const char* name, std::memory_order order,
                              Compute compute);
    void report(const char* what, const void* at, unsigned bytes, std::uint64_t before,
                std::uint64_t after, std::memory_order order, unsigned age);
    ThreadView& view() { return threads_[current_].view; }
    void begin_access() { ++view().clock.at[current_]; }

    static constexpr std::uint32_t kInARowMax = 3000;

    Memory memory_;
    SimThread threads_[kThreadsMax];
    platform::Context contexts_[kThreadsMax];
    platform::Context outside_;  ///< of what runs while no execution does
    Fiber host_;
    Strategy* strategy_ = nullptr;
    Schedule schedule_;
    Observer observer_;
    Outcome outcome_;
    unsigned current_ = 0;
    unsigned threads_used_ = 0;
    unsigned interrupted_ = 0;  ///< by the interrupt that runs
    std::uint32_t total_ = 0;
    std::uint32_t steps_max_ = 0;
    std::uint64_t now_ = 0;
    ClockKind clock_kind_ = ClockKind::steady;
    std::uint64_t clock_readings_ = 0;
    std::uint64_t executions_ = 0;
    void (*interrupt_handler_)(void*) = nullptr;
    void* interrupt_argument_ = nullptr;
    bool trap_ = false;
};

/// The one engine of the process.
Engine& engine();

}  // namespace ouro::port::sim
