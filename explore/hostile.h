// What is hostile about an execution beside its schedule, and the searches that go through all of
// it: each allocation refused once, each thread ended at each of its operations, each thread
// suspended and each interrupt come at each step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "faults/allocation.h"
#include "ports/sim/engine.h"

namespace ouro::explore {

struct Hostility {
    faults::AllocationFault fault;
    std::uint32_t end_at = 0;  ///< the threads' operation at which its thread ends; 0 = none
    port::sim::ClockKind clock = port::sim::ClockKind::steady;
};

/// "--fault request:3 --end-at 2 --clock still": the options that bring it about again.
std::string options_of(const Hostility& hostility);
bool clock_from_text(std::string_view text, port::sim::ClockKind& clock);

/// Lets another strategy choose until one thread has come to one of its steps. From there on that
/// thread runs only when nobody else can, or when the others do nothing but wait for it.
class Suspension : public port::sim::Strategy {
public:
    Suspension(port::sim::Strategy& base, unsigned thread, std::uint32_t step)
        : base_(base), thread_(thread), step_(step) {}
    void begin() override { base_.begin(); }
    unsigned thread(const port::sim::Turn& turn) override;
    unsigned store(unsigned thread, std::uint32_t step, unsigned count) override {
        return base_.store(thread, step, count);
    }
    bool interrupt(unsigned thread, std::uint32_t step) override {
        return base_.interrupt(thread, step);
    }
    /// Did the thread come to that step?
    bool happened() const { return asleep_ || woken_; }
    /// Did the others wait for it?
    bool woken() const { return woken_; }

private:
    /// After so many yields and timed waits of the others they are taken to wait for the sleeper.
    static constexpr unsigned kPatience = 100;

    port::sim::Strategy& base_;
    unsigned thread_;
    std::uint32_t step_;
    unsigned idle_ = 0;
    bool asleep_ = false;
    bool woken_ = false;
};

/// Lets another strategy choose, but for the moment of the interrupt: the first moment at which it
/// can come from one thread's given step on.
class Interruption : public port::sim::Strategy {
public:
    Interruption(port::sim::Strategy& base, unsigned thread, std::uint32_t step)
        : base_(base), thread_(thread), step_(step) {}
    void begin() override { base_.begin(); }
    unsigned thread(const port::sim::Turn& turn) override { return base_.thread(turn); }
    unsigned store(unsigned thread, std::uint32_t step, unsigned count) override {
        return base_.store(thread, step, count);
    }
    bool interrupt(unsigned thread, std::uint32_t step) override {
        return happened_ |= thread == thread_ && step >= step_;
    }
    bool happened() const { return happened_; }

private:
    port::sim::Strategy& base_;
    unsigned thread_;
    std::uint32_t step_;
    bool happened_ = false;
};

}  // namespace ouro::explore
