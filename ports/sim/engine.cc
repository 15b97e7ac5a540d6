// The engine's threads: steps, turns, waits, interrupts, ends. Accesses to memory: accesses.cc.
#include "ports/sim/engine.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "ports/sim/port.h"

namespace ouro::port::sim {

namespace {
Engine g_engine;
}

Engine& engine() { return g_engine; }

// ---- executions

void Engine::reset(Strategy& strategy, std::uint32_t steps_max) {
    memory_.begin_execution();
    ++executions_;
    strategy_ = &strategy;
    strategy.begin();
    schedule_.clear();
    outcome_ = {};
    current_ = threads_used_ = 0;
    total_ = 0;
    steps_max_ = steps_max;
    now_ = clock_readings_ = 0;
    interrupt_handler_ = nullptr;
    reset_contexts();
}

void Engine::reset_contexts() {
    const auto reset = [](platform::Context& context) {
        context.reset();
        for (auto& place : context.places) place.store(nullptr, std::memory_order_relaxed);
        context.operations = 0;
        context.at_end = nullptr;
    };
    for (platform::Context& context : contexts_) reset(context);
    reset(outside_);
}

Outcome Engine::run(Strategy& strategy, void (*entry)(void*), void* argument,
                    std::uint32_t steps_max) {
    reset(strategy, steps_max);
    add_thread(entry, argument);
    g_running = true;
    Fiber::switch_to(host_, threads_[0].fiber);
    outcome_.steps = total_;
    strategy.end(total_);
    return outcome_;
}

void Engine::leave(const char* violation, const void* object) {
    outcome_.violation = violation;
    outcome_.object = object;
    outcome_.thread = current_;
    g_running = false;
    Fiber::switch_to(threads_[current_].fiber, host_);
}

void Engine::fail(const char* violation, const void* object) {
    if (!g_running) {
        std::fprintf(stderr, "ouro: fatal: %s (object %p)\n", violation, object);
        std::abort();
    }
    if (trap_) std::raise(SIGTRAP);
    leave(violation, object);
    std::abort();  // nobody continues an abandoned fiber
}

// ---- threads

int Engine::add_thread(void (*function)(void*), void* argument) {
    if (threads_used_ == kThreadsMax) return -1;
    const unsigned id = threads_used_++;
    SimThread& thread = threads_[id];
    thread.fiber.prepare(&Engine::fiber_entry);
    thread.view = {};
    thread.view.id = id;
    thread.state = State::ready;
    thread.granted = id == 0;
    thread.interrupt = false;
    thread.steps = thread.in_a_row = 0;
    thread.ready = nullptr;
    thread.function = function;
    thread.function_argument = argument;
    if (id != 0) thread.view.clock = view().clock;
    thread.view.clock.at[id] = 1;
    return static_cast<int>(id);
}

int Engine::start_thread(void (*function)(void*), void* argument) {
    step("start a thread", nullptr);
    const int id = add_thread(function, argument);
    begin_access();
    return id;
}

void Engine::fiber_entry() {
    Engine& self = g_engine;
    const unsigned id = self.current_;
    self.threads_[id].function(self.threads_[id].function_argument);
    SimThread& thread = self.threads_[id];
    platform::Context& context = self.contexts_[id];
    if (!thread.interrupt && context.at_end != nullptr) context.at_end(context);
    thread.state = State::ended;
    if (thread.interrupt) {
        SimThread& interrupted = self.threads_[self.interrupted_];
        interrupted.view.clock.join(thread.view.clock);
        self.current_ = self.interrupted_;
        Fiber::switch_to(thread.fiber, interrupted.fiber);
    } else {
        self.count_step();  // the choice of who goes on is one of its own
        self.choose_and_switch(false);
    }
    std::abort();  // nobody continues a fiber that has ended
}

bool Engine::thread_has_ended(unsigned thread) const {
    return threads_[thread].state == State::ended;
}

void Engine::join_clock_of(unsigned thread) { clock().join(threads_[thread].view.clock); }

std::uint64_t Engine::read_clock() {
    constexpr std::uint64_t kHour = 3'600'000'000'000;
    if (clock_kind_ == ClockKind::still) return 0;
    return clock_kind_ == ClockKind::jumps ? now_ + ++clock_readings_ * kHour : now_;
}

// ---- turns

void Engine::record(Decision::Kind kind, unsigned value) {
    schedule_.push_back({static_cast<std::uint8_t>(current_), kind,
                         static_cast<std::uint8_t>(value), threads_[current_].steps});
}

void Engine::count_step() {
    ++threads_[current_].steps;
    now_ += 100;
    if (++total_ > steps_max_) fail("the execution does not come to an end", nullptr);
}

/// Who can go on, and who does if nothing speaks against it.
Turn Engine::survey(bool yields) {
    Turn turn{current_, threads_[current_].steps, total_, 0, 0, current_, yields};
    std::uint64_t earliest = ~std::uint64_t{0};
    unsigned lazy_first = 0;
    for (unsigned i = 0; i < threads_used_; ++i) {
        const SimThread& thread = threads_[i];
        if (thread.state == State::ended) continue;
        if (thread.state == State::ready || thread.ready(thread.argument)) {
            turn.runnable |= 1u << i;
        } else if (thread.deadline != ~std::uint64_t{0}) {
            turn.runnable |= 1u << i;
            turn.lazy |= 1u << i;
            if (thread.deadline <= earliest) {
                earliest = thread.deadline;
                lazy_first = i;
            }
        }
    }
    const std::uint32_t ready = turn.runnable & ~turn.lazy;
    if (turn.can_stay() && (ready >> current_ & 1) != 0 && !yields) return turn;
    turn.fallback = lazy_first;
    for (unsigned i = 1; i <= threads_used_ && ready != 0; ++i) {
        turn.fallback = (current_ + i) % threads_used_;
        if ((ready >> turn.fallback & 1) != 0) break;
    }
    return turn;
}

void Engine::switch_to(unsigned next) {
    if (next == current_) return;
    Fiber& from = threads_[current_].fiber;
    threads_[next].in_a_row = 0;
    ++threads_[current_].departures;
    current_ = next;
    Fiber::switch_to(from, threads_[next].fiber);
}

/// The current thread goes on, or gives way to another one until it is chosen again.
void Engine::choose_and_switch(bool yields) {
    const Turn turn = survey(yields);
    if (turn.runnable == 0) {
        for (unsigned i = 0; i < threads_used_; ++i) {
            if (threads_[i].state != State::ended) fail("deadlock: all threads wait", nullptr);
        }
        leave(nullptr, nullptr);
    }
    const bool alone = turn.runnable == 1u << turn.fallback;
    const unsigned next = alone ? turn.fallback : strategy_->thread(turn);
    if (next != turn.fallback) record(Decision::to_thread, next);
    SimThread& chosen = threads_[next];
    if (chosen.state == State::waiting && chosen.deadline > now_ && !chosen.ready(chosen.argument))
        now_ = chosen.deadline;
    chosen.granted = next != current_;
    switch_to(next);
}

void Engine::step(const char* what, const void* at, bool yields) {
    count_step();
    SimThread& self = threads_[current_];
    if (self.interrupt) {
        if (what != nullptr) report(what, at, 0, 0, 0, std::memory_order_relaxed, 0);
        return;
    }
    maybe_interrupt();
    const bool hogs = ++self.in_a_row % kInARowMax == 0;
    const bool skip = self.granted && strategy_->chooses_once();
    self.granted = false;
    if (!skip || hogs) choose_and_switch(yields || hogs);
    threads_[current_].granted = false;
    if (what != nullptr) report(what, at, 0, 0, 0, std::memory_order_relaxed, 0);
}

bool Engine::wait(bool (*ready)(const void*), const void* argument, std::uint64_t deadline) {
    SimThread& self = threads_[current_];
    if (self.interrupt && !ready(argument)) fail("an interrupt waits", argument);
    if (ready(argument)) return true;
    count_step();
    self.ready = ready;
    self.argument = argument;
    self.deadline = deadline;
    self.state = State::waiting;
    choose_and_switch(false);
    self.state = State::ready;
    self.granted = false;
    return ready(argument);
}

// ---- links

void Engine::link_begins() {
    SimThread& self = threads_[current_];
    self.link_departures = self.departures;
    self.link_changes = self.changes;
}

bool Engine::link_is_broken() {
    const SimThread& self = threads_[current_];
    if (self.changes != self.link_changes)
        fail("a linked word is used after another atomic change", nullptr);
    return self.departures != self.link_departures;
}

// ---- interrupts

void Engine::set_interrupt(void (*handler)(void*), void* argument) {
    interrupt_handler_ = handler;
    interrupt_argument_ = argument;
}

void Engine::maybe_interrupt() {
    if (interrupt_handler_ == nullptr) return;
    if (!strategy_->interrupt(current_, threads_[current_].steps)) return;
    record(Decision::interrupt, 0);
    const int id = add_thread(interrupt_handler_, interrupt_argument_);
    interrupt_handler_ = nullptr;
    if (id < 0) return;
    threads_[id].interrupt = true;
    interrupted_ = current_;
    begin_access();
    switch_to(static_cast<unsigned>(id));
}

}  // namespace ouro::port::sim
