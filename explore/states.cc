#include "explore/states.h"

#include <string_view>
#include <utility>

namespace ouro::explore {

namespace {

// As many as an execution of the simulation port may touch (ports/sim/memory.h), and as many free.
constexpr std::size_t kLocations = std::size_t{1} << 14;

/// `hash` and one number more.
std::uint64_t mixed(std::uint64_t hash, std::uint64_t number) {
    return port::sim::mixed((hash ^ number) + 0x9e37'79b9'7f4a'7c15u);
}

/// All else has its place in the order of what is done to its location; so have locks, which order
/// plain accesses.
bool only_reads(std::string_view what) { return what == "load" || what == "swap failed"; }

std::uint64_t number_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

}  // namespace

void States::begin() {
    ++execution_;
    for (std::uint64_t& thread : threads_) thread = 0;
    state_ = 0;
    locations_.resize(kLocations);
}

void States::note(void* self, const port::sim::Operation& operation) {
    static_cast<States*>(self)->step(operation);
}

void States::step(const port::sim::Operation& operation) {
    // A hash enters the sum mixed with whose it is, so that two cannot change places.
    const std::uint64_t who = operation.thread + 1;
    std::uint64_t& thread = threads_[operation.thread];
    state_ -= mixed(thread, who);
    thread = mixed(thread, number_of(operation.what));  // one literal for each kind of step
    thread = mixed(thread, number_of(operation.at));
    thread = mixed(thread, operation.before);
    thread = mixed(thread, operation.after);
    state_ += mixed(thread, who);
    if (operation.at != nullptr && !only_reads(operation.what)) {
        std::uint64_t& history = stores_of(operation.at);
        const std::uint64_t where = number_of(operation.at);
        state_ -= history == 0 ? 0 : mixed(history, where);
        history = mixed(mixed(history, operation.after), who);
        state_ += mixed(history, where);
    }
    enter(state_ == 0 ? 1 : state_);
}

std::uint64_t& States::stores_of(const void* at) {
    for (std::size_t i = mixed(0, number_of(at));; ++i) {
        Location& location = locations_[i % kLocations];
        if (location.execution != execution_) {
            location = {at, execution_, 0};
            return location.stores;
        }
        if (location.at == at) return location.stores;
    }
}

void States::enter(std::uint64_t state) {
    if (is_full()) return;
    if (count_ * 2 >= seen_.size()) grow();
    for (std::size_t i = state;; ++i) {
        std::uint64_t& place = seen_[i % seen_.size()];
        if (place == state) return;
        if (place != 0) continue;
        place = state;
        ++count_;
        return;
    }
}

void States::grow() {
    std::vector<std::uint64_t> old(seen_.empty() ? 1 << 16 : seen_.size() * 2);
    std::swap(old, seen_);
    for (const std::uint64_t state : old) {
        if (state == 0) continue;
        std::size_t i = state;
        while (seen_[i % seen_.size()] != 0) ++i;
        seen_[i % seen_.size()] = state;
    }
}

}  // namespace ouro::explore
