// The engine's accesses to memory: each a step, judged by the memory model.
#include <cstring>

#include "ports/sim/engine.h"

namespace ouro::port::sim {

namespace {

std::uint64_t modified(Modify what, std::uint64_t value, std::uint64_t operand) {
    switch (what) {
        case Modify::exchange: return operand;
        case Modify::add: return value + operand;
        case Modify::subtract: return value - operand;
        case Modify::set_bits: return value | operand;
        case Modify::keep_bits: return value & operand;
    }
    return value;
}

const char* name_of(Modify what) {
    switch (what) {
        case Modify::exchange: return "exchange";
        case Modify::add: return "fetch_add";
        case Modify::subtract: return "fetch_sub";
        case Modify::set_bits: return "fetch_or";
        case Modify::keep_bits: return "fetch_and";
    }
    return "?";
}

std::uint64_t narrowed(std::uint64_t value, unsigned bytes) {
    return bytes >= 8 ? value : value & ((std::uint64_t{1} << (bytes * 8)) - 1);
}

}  // namespace

void Engine::check(const Race& race, const void* at) {
    if (race.what != nullptr) fail(race.what, at);
}

void Engine::report(const char* what, const void* at, unsigned bytes, std::uint64_t before,
                    std::uint64_t after, std::memory_order order, unsigned age) {
    if (observer_.traced != nullptr)
        observer_.traced(observer_.self, {current_, what, at, bytes, before, after, order, age});
    if (observer_.stepped != nullptr) observer_.stepped(observer_.self);
}

std::uint64_t Engine::load(const void* at, unsigned bytes, std::memory_order order) {
    step(nullptr, at);
    begin_access();
    Race race;
    Location& location = memory_.atomic_at(view(), at, bytes, race);
    check(race, at);
    const Readable readable = memory_.readable(view(), location, order);
    const unsigned choices = readable.newest - readable.oldest + 1;
    unsigned age = 0;
    if (choices > 1) {
        age = strategy_->store(current_, threads_[current_].steps, choices);
        if (age != 0) record(Decision::old_store, age);
    }
    const std::uint64_t value = memory_.load(view(), location, readable.newest - age, order);
    report("load", at, bytes, value, value, order, age);
    return value;
}

void Engine::store(void* at, unsigned bytes, std::uint64_t value, std::memory_order order) {
    step(nullptr, at);
    begin_access();
    Race race;
    Location& location = memory_.atomic_at(view(), at, bytes, race);
    check(race, at);
    const std::uint64_t before = memory_.newest(location);
    memory_.store(view(), location, value, order, false);
    std::memcpy(at, &value, bytes);
    report("store", at, bytes, before, value, order, 0);
}

template <class Compute>
std::uint64_t Engine::modify_with(void* at, unsigned bytes, const char* name,
                                  std::memory_order order, Compute compute) {
    step(nullptr, at);
    begin_access();
    Race race;
    Location& location = memory_.atomic_at(view(), at, bytes, race);
    check(race, at);
    ++threads_[current_].changes;
    const std::uint64_t before = memory_.load(view(), location, location.newest, order);
    const std::uint64_t after = narrowed(compute(before), bytes);
    memory_.store(view(), location, after, order, true);
    std::memcpy(at, &after, bytes);
    report(name, at, bytes, before, after, order, 0);
    return before;
}

std::uint64_t Engine::modify(void* at, unsigned bytes, Modify what, std::uint64_t operand,
                             std::memory_order order) {
    return modify_with(at, bytes, name_of(what), order,
                       [=](std::uint64_t before) { return modified(what, before, operand); });
}

std::uint64_t Engine::add_masked(void* at, unsigned bytes, std::uint64_t add, std::uint64_t clear,
                                 std::uint64_t set, std::memory_order order) {
    return modify_with(at, bytes, "fetch_add_masked", order,
                       [=](std::uint64_t before) { return ((before + add) & ~clear) | set; });
}

bool Engine::compare_exchange(void* at, unsigned bytes, std::uint64_t& expected,
                              std::uint64_t desired, std::memory_order success,
                              std::memory_order failure) {
    step(nullptr, at);
    begin_access();
    Race race;
    Location& location = memory_.atomic_at(view(), at, bytes, race);
    check(race, at);
    ++threads_[current_].changes;
    const std::uint64_t newest = memory_.newest(location);
    if (newest == expected) {
        memory_.load(view(), location, location.newest, success);
        memory_.store(view(), location, desired, success, true);
        std::memcpy(at, &desired, bytes);
        report("swap", at, bytes, newest, desired, success, 0);
        return true;
    }
    expected = memory_.load(view(), location, location.newest, failure);
    report("swap failed", at, bytes, newest, newest, failure, 0);
    return false;
}

void Engine::fence(std::memory_order order) {
    step("fence", nullptr);
    begin_access();
    memory_.fence(view(), order);
}

void Engine::construct(const void* at, unsigned bytes) {
    begin_access();
    Race race;
    memory_.construct(view(), at, bytes, race);
    check(race, at);
}

void Engine::plain_read(const void* at, std::size_t bytes) {
    begin_access();
    Race race;
    memory_.plain_read(view(), at, bytes, race);
    check(race, at);
}

void Engine::plain_write(const void* at, std::size_t bytes) {
    begin_access();
    Race race;
    memory_.plain_write(view(), at, bytes, race);
    check(race, at);
}

void Engine::hand_over(const void* at, std::size_t bytes, bool freed) {
    begin_access();
    if (freed && observer_.freed != nullptr) observer_.freed(observer_.self, at, bytes);
    Race race;
    memory_.hand_over(view(), at, bytes, freed, race);
    check(race, at);
}

}  // namespace ouro::port::sim
