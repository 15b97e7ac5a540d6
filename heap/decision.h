// The decision word: one per heap, {pass number, state}; DESIGN rules 12 to 14.
//
// undecided before the first member is condemned, undecided -> committed after the last, by
// compare-and-swap; a weak upgrade that meets a condemned member first swaps undecided -> aborted.
// The pass number makes a late swap on an earlier pass's word fail.
#pragma once

#include <cstdint>

#include "platform/atomic.h"
#include "platform/mutant.h"

namespace ouro {

class Decision {
public:
    enum State : std::uint32_t { idle = 0, undecided = 1, committed = 2, aborted = 3 };

    /// Owner of the pass: opens a new decision.
    void open() {
        // order: relaxed load; only the pass owner opens and closes. release store: pairs with the
        // acquire in state(): a member seen condemned has its decision open already, because the
        // condemning swap follows this store in the same thread with release.
        const std::uint32_t now = word_.load(platform::memory_order_relaxed);
        word_.store(((now >> 2) + 1) << 2 | undecided, platform::memory_order_release);
    }
    /// Owner of the pass: true iff nobody aborted. After true every member is garbage for certain.
    bool commit() { return swap(undecided, committed) || OURO_MUTANT(commit_without_decision); }
    /// A weak upgrade: afterwards the decision is not undecided.
    void abort() { swap(undecided, aborted); }
    State state() const {
        // order: acquire; pairs with open() and swap().
        return static_cast<State>(word_.load(platform::memory_order_acquire) & 3);
    }

private:
    bool swap(State from, State to) {
        std::uint32_t now = word_.load(platform::memory_order_acquire);  // order: pairs with swap()
        if ((now & 3) != from) return false;
        // order: acq_rel; commit and abort exclude each other on this one word.
        return word_.compare_exchange(now, (now & ~3u) | to, platform::memory_order_acq_rel,
                                      platform::memory_order_acquire);
    }

    platform::atomic<std::uint32_t> word_{0};
};

}  // namespace ouro
