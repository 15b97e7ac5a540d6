// Strategies: who runs next, which store a load returns, when the interrupt comes.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "ports/sim/clock.h"
#include "ports/sim/schedule.h"

namespace ouro::port::sim {

/// The situation in which a thread is to be chosen.
struct Turn {
    unsigned current;        ///< who arrived here
    std::uint32_t step;      ///< that thread's own decision point
    std::uint32_t total;     ///< steps of the execution so far
    std::uint32_t runnable;  ///< bit mask of those who can go on
    std::uint32_t lazy;      ///< of these, the ones that wait for a time that need not have come
    unsigned fallback;       ///< the obvious choice
    bool yields;             ///< the current thread offers to let others run

    bool can_stay() const { return (runnable >> current & 1) != 0; }
};

/// All bits of the number have a say in all bits of the result (the finalizer of splitmix64).
inline std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11ebu;
    return z ^ z >> 31;
}

/// Reproducible random numbers (splitmix64).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() { return mixed(state_ += 0x9e37'79b9'7f4a'7c15u); }
    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>((next() >> 32) * limit >> 32);
    }

private:
    std::uint64_t state_;
};

class Strategy {
public:
    virtual ~Strategy() = default;
    /// A new execution begins.
    virtual void begin() {}
    /// One of turn.runnable.
    virtual unsigned thread(const Turn& turn) = 0;
    /// 0 = the newest, up to count - 1 places older. Asked only when count > 1.
    virtual unsigned store(unsigned thread, std::uint32_t step, unsigned count) = 0;
    /// Does the interrupt happen now? Asked while it can.
    virtual bool interrupt(unsigned thread, std::uint32_t step) = 0;
    /// A thread that was just chosen is not asked again before its step: each order of steps is
    /// then one schedule, as an exhaustive search wants it.
    virtual bool chooses_once() const { return false; }
    /// The execution has ended after so many steps.
    virtual void end(std::uint32_t /*steps*/) {}
};

/// How searches at random are tuned, beside their seed.
struct Tuning {
    unsigned old = 0;            ///< n of 256 loads return an older store
    unsigned obey_yields = 256;  ///< n of 256 yields let another thread go on
};

/// Leaves the running thread with a given probability, n of 256.
class RandomWalk : public Strategy {
public:
    RandomWalk(std::uint64_t seed, unsigned leave, const Tuning& tuning)
        : random_(seed), leave_(leave), tuning_(tuning) {}
    unsigned thread(const Turn& turn) override;
    unsigned store(unsigned thread, std::uint32_t step, unsigned count) override;
    bool interrupt(unsigned thread, std::uint32_t step) override;

private:
    Random random_;
    unsigned leave_;
    Tuning tuning_;
};

/// Probabilistic concurrency testing (S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte,
/// ASPLOS 2010). Threads have random priorities; the highest runs; at depth - 1 random steps the
/// running one falls below all others. A bug that needs d ordering constraints is hit with
/// probability at least 1 / (n * k^(d-1)) for n threads and k steps at which there is a choice, for
/// sequentially consistent executions without yields and timed waits.
///
/// Most defects need their changes close together, so `spread` may bound the distance from one
/// change to the next: the k of all but the first change.
class PriorityChange : public Strategy {
public:
    /// `turns`: the k of the guarantee, an estimate; `spread` 0: as large.
    PriorityChange(std::uint64_t seed, unsigned depth, std::uint32_t turns, std::uint32_t spread,
                   const Tuning& tuning);
    /// Steps of the last execution at which there was a choice.
    std::uint32_t turns() const { return turns_; }
    unsigned thread(const Turn& turn) override;
    unsigned store(unsigned thread, std::uint32_t step, unsigned count) override;
    bool interrupt(unsigned thread, std::uint32_t step) override;

private:
    static constexpr unsigned kDepthMax = 8;

    unsigned highest(std::uint32_t mask) const;

    Random random_;
    Tuning tuning_;
    unsigned changes_;
    unsigned changed_ = 0;
    std::int32_t lowest_ = 0;
    std::uint32_t change_at_[kDepthMax] = {};
    std::uint32_t interrupt_at_;
    std::uint32_t turns_ = 0;
    std::int32_t priority_[kThreadsMax] = {};
};

/// All schedules with at most so many preemptions and loads of old stores, one after the other:
/// run, then next(), until it returns false.
class Exhaustive : public Strategy {
public:
    Exhaustive(unsigned preemptions, unsigned old_stores)
        : preemptions_max_(preemptions), old_max_(old_stores) {}
    void begin() override;
    unsigned thread(const Turn& turn) override;
    unsigned store(unsigned thread, std::uint32_t step, unsigned count) override;
    bool interrupt(unsigned thread, std::uint32_t step) override;
    bool chooses_once() const override { return true; }
    void end(std::uint32_t steps) override;

    /// Moves on to the next schedule; false when all have been run.
    bool next();
    /// Schedules run to their end, steps of all of them, and branch points of the search tree.
    std::uint64_t schedules() const { return schedules_; }
    std::uint64_t steps() const { return steps_; }
    std::uint64_t branches() const { return branches_; }

private:
    struct Branch {
        std::uint8_t chosen;
        std::uint8_t options;
    };
    unsigned choose(unsigned options);

    std::vector<Branch> path_;
    std::size_t depth_ = 0;
    unsigned preemptions_max_, old_max_;
    unsigned preemptions_ = 0, old_ = 0;
    std::uint64_t schedules_ = 0, steps_ = 0, branches_ = 0;
};

/// The decisions of a schedule, and the obvious ones for all else.
class Replay : public Strategy {
public:
    explicit Replay(const Schedule& schedule);
    void begin() override;
    unsigned thread(const Turn& turn) override;
    unsigned store(unsigned thread, std::uint32_t step, unsigned count) override;
    bool interrupt(unsigned thread, std::uint32_t step) override;

private:
    using Place = std::tuple<unsigned, std::uint32_t, unsigned>;  // thread, its step, kind
    static Place place_of(const Decision& decision) {
        return {decision.thread, decision.step, decision.kind};
    }
    const Decision* find(unsigned thread, std::uint32_t step, Decision::Kind kind) const;

    Schedule schedule_;  ///< by place
};

}  // namespace ouro::port::sim
