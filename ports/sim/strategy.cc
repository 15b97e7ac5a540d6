#include "ports/sim/strategy.h"

#include <algorithm>

namespace ouro::port::sim {

namespace {

/// The n-th set bit, from 0.
unsigned nth(std::uint32_t mask, std::uint32_t n) {
    while (n-- > 0) mask &= mask - 1;
    return static_cast<unsigned>(__builtin_ctz(mask));
}

std::uint32_t count(std::uint32_t mask) {
    return static_cast<std::uint32_t>(__builtin_popcount(mask));
}

}  // namespace

// ---- random walk

unsigned RandomWalk::thread(const Turn& turn) {
    const bool yields = turn.yields && random_.below(256) < tuning_.obey_yields;
    if (turn.can_stay() && !yields && random_.below(256) >= leave_) return turn.current;
    std::uint32_t others = turn.runnable & ~(1u << turn.current);
    if ((others & ~turn.lazy) != 0 && random_.below(8) != 0) others &= ~turn.lazy;
    if (others == 0) return turn.fallback;
    return nth(others, random_.below(count(others)));
}

unsigned RandomWalk::store(unsigned, std::uint32_t, unsigned stores) {
    return random_.below(256) < tuning_.old ? random_.below(stores) : 0;
}

bool RandomWalk::interrupt(unsigned, std::uint32_t) { return random_.below(256) == 0; }

// ---- priorities

PriorityChange::PriorityChange(std::uint64_t seed, unsigned depth, std::uint32_t turns,
                               std::uint32_t spread, const Tuning& tuning)
    : random_(seed), tuning_(tuning), changes_(depth > kDepthMax ? kDepthMax : depth) {
    if (changes_ > 0) --changes_;
    for (unsigned i = 0; i < kThreadsMax; ++i) {
        const unsigned j = random_.below(i + 1);
        priority_[i] = priority_[j];
        priority_[j] = static_cast<std::int32_t>(i) + 1;
    }
    for (unsigned i = 0; i < changes_; ++i) {
        std::uint32_t at = random_.below(turns) + 1;
        if (i > 0 && spread > 0) at = change_at_[i - 1] + random_.below(spread) + 1;
        unsigned j = i;  // keep them sorted
        for (; j > 0 && change_at_[j - 1] > at; --j) change_at_[j] = change_at_[j - 1];
        change_at_[j] = at;
    }
    interrupt_at_ = random_.below(turns) + 1;
}

unsigned PriorityChange::highest(std::uint32_t mask) const {
    unsigned best = nth(mask, 0);
    for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
        const unsigned i = nth(rest, 0);
        if (priority_[i] > priority_[best]) best = i;
    }
    return best;
}

unsigned PriorityChange::thread(const Turn& turn) {
    ++turns_;
    while (changed_ < changes_ && change_at_[changed_] <= turns_) {
        ++changed_;
        priority_[turn.current] = --lowest_;
    }
    if (turn.yields && random_.below(256) < tuning_.obey_yields)
        priority_[turn.current] = --lowest_;
    const std::uint32_t ready = turn.runnable & ~turn.lazy;
    if (ready != 0) return highest(ready);
    return highest(turn.runnable);
}

unsigned PriorityChange::store(unsigned, std::uint32_t, unsigned stores) {
    return random_.below(256) < tuning_.old ? random_.below(stores) : 0;
}

bool PriorityChange::interrupt(unsigned, std::uint32_t) { return turns_ >= interrupt_at_; }

// ---- exhaustive

void Exhaustive::begin() {
    depth_ = 0;
    preemptions_ = old_ = 0;
}

unsigned Exhaustive::choose(unsigned options) {
    if (depth_ == path_.size()) {
        path_.push_back({0, static_cast<std::uint8_t>(options)});
        ++branches_;
    }
    return path_[depth_++].chosen;
}

unsigned Exhaustive::thread(const Turn& turn) {
    const bool costs = turn.can_stay() && !turn.yields;
    std::uint32_t others = turn.runnable & ~(1u << turn.fallback);
    // A time that need not have come: a choice like a preemption.
    if (!costs && preemptions_ >= preemptions_max_) others &= ~turn.lazy;
    if (others == 0 || (costs && preemptions_ >= preemptions_max_)) return turn.fallback;
    const unsigned chosen = choose(1 + count(others));
    if (chosen == 0) return turn.fallback;
    const unsigned thread = nth(others, chosen - 1);
    if (costs || (turn.lazy >> thread & 1) != 0) ++preemptions_;
    return thread;
}

unsigned Exhaustive::store(unsigned, std::uint32_t, unsigned stores) {
    if (old_ >= old_max_) return 0;
    const unsigned chosen = choose(stores);
    if (chosen != 0) ++old_;
    return chosen;
}

bool Exhaustive::interrupt(unsigned, std::uint32_t) { return choose(2) == 1; }

void Exhaustive::end(std::uint32_t steps) {
    ++schedules_;
    steps_ += steps;
}

bool Exhaustive::next() {
    while (!path_.empty() && path_.back().chosen + 1 == path_.back().options) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().chosen;
    return true;
}

// ---- replay

void Replay::begin() {}

Replay::Replay(const Schedule& schedule) : schedule_(schedule) {
    std::sort(schedule_.begin(), schedule_.end(),
              [](const Decision& a, const Decision& b) { return place_of(a) < place_of(b); });
}

const Decision* Replay::find(unsigned thread, std::uint32_t step, Decision::Kind kind) const {
    const Place place{thread, step, kind};
    const auto at = std::lower_bound(
        schedule_.begin(), schedule_.end(), place,
        [](const Decision& decision, const Place& wanted) { return place_of(decision) < wanted; });
    return at != schedule_.end() && place_of(*at) == place ? &*at : nullptr;
}

unsigned Replay::thread(const Turn& turn) {
    const Decision* decision = find(turn.current, turn.step, Decision::to_thread);
    if (decision == nullptr || decision->value >= kThreadsMax) return turn.fallback;
    return (turn.runnable >> decision->value & 1) != 0 ? decision->value : turn.fallback;
}

unsigned Replay::store(unsigned thread, std::uint32_t step, unsigned stores) {
    const Decision* decision = find(thread, step, Decision::old_store);
    if (decision == nullptr) return 0;
    return decision->value < stores ? decision->value : stores - 1;
}

bool Replay::interrupt(unsigned thread, std::uint32_t step) {
    return find(thread, step, Decision::interrupt) != nullptr;
}

}  // namespace ouro::port::sim
