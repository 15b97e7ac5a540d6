// What the programs of this folder measure with: instructions of one call, exact, and lines of
// results that tools/dev/mcu_bench.py reads.
#pragma once

#include <cstdint>

#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/boards/instructions.h"

namespace ouro::bench {

/// Prints `name value` as a line of its own.
inline void report(const char* name, std::uint64_t value) {
    board::print(name);
    board::print(" ");
    board::print_number(value);
    board::print("\n");
}

/// What is measured: a call of this through a pointer. Never inlined into its caller.
using Operation = void* (*)(void* argument);

/// Counts the instructions of a call, so that a function of nothing but its return counts 0: what
/// is between two readings of the timer around such a call is subtracted.
class Meter {
public:
    Meter() { overhead_ = raw(nothing, nullptr); }

    std::uint32_t operator()(Operation operation, void* argument = nullptr) {
        const std::uint32_t count = raw(operation, argument);
        return count > overhead_ ? count - overhead_ : 0;
    }
    /// What the operation measured last has returned.
    void* result() const { return result_; }

private:
    static void* nothing(void*) { return nullptr; }

    [[gnu::noipa]] std::uint32_t raw(Operation operation, void* argument) {
        return counter_.count([&] { result_ = operation(argument); });
    }

    board::InstructionCounter counter_;
    std::uint32_t overhead_ = 0;
    void* result_ = nullptr;
};

/// Figures of many calls of one kind.
class Distribution {
public:
    void add(std::uint32_t value) {
        sum_ += value;
        ++count_;
        if (value > max_) max_ = value;
        if (value < min_) min_ = value;
    }
    std::uint32_t max() const { return max_; }
    std::uint32_t min() const { return count_ == 0 ? 0 : min_; }
    std::uint32_t count() const { return count_; }
    /// Tenths.
    std::uint32_t average_tenths() const {
        return count_ == 0 ? 0 : static_cast<std::uint32_t>((sum_ * 10 + count_ / 2) / count_);
    }

private:
    std::uint64_t sum_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t max_ = 0;
    std::uint32_t min_ = ~0u;
};

}  // namespace ouro::bench
