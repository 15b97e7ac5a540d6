// The decision word: one per heap, {pass number, state}; DESIGN rules 12 to 14.
//
// undecided before the first member is condemned, undecided -> committed or finalizing after the
// last, by compare-and-swap; a weak upgrade that meets a condemned member first swaps undecided ->
// aborted. The pass number makes a late swap on an earlier pass's word fail.
#pragma once

#include <cstdint>

#include "platform/atomic.h"
#include "platform/mutant.h"

namespace ouro {

class Decision {
public:
    enum State : std::uint32_t {
        idle,
        undecided,
        committed,   ///< the members' reclaim is certain
        finalizing,  ///< weak references to the members are dead; they live until user code has run
        aborted,
    };

    /// Owner of the pass: opens a new decision.
    /// Model: models/weak_upgrade.pml
    void open() {
        // order: relaxed load; only the pass owner opens and closes. release store: pairs with the
        // acquire in state(): a member seen condemned has its decision open already, because the
        // condemning swap follows this store in the same thread with release.
        const std::uint32_t now = word_.load(platform::memory_order_relaxed);
        word_.store(((now >> kStateBits) + 1) << kStateBits | undecided,
                    platform::memory_order_release);
    }
    /// Owner of the pass: true iff nobody aborted. After true every member is garbage, for certain
    /// unless user code is to run before its end.
    /// Model: models/weak_upgrade.pml
    bool commit(bool user_code_first = false) {
        const bool sole = swap(undecided, user_code_first ? finalizing : committed);
        return sole || OURO_MUTANT(commit_without_decision);
    }
    /// A weak upgrade: afterwards the decision is not undecided.
    /// Model: models/weak_upgrade.pml
    void abort() { swap(undecided, aborted); }
    /// A moment's decision: equal to another only if it is of the same pass, in the same state.
    struct Snapshot {
        std::uint32_t bits;
        State state() const { return static_cast<State>(bits & kStateMask); }
        bool operator==(const Snapshot&) const = default;
    };
    Snapshot load() const {
        // order: acquire; pairs with open() and swap().
        return {word_.load(platform::memory_order_acquire)};
    }
    State state() const { return load().state(); }

private:
    bool swap(State from, State to) {
        std::uint32_t now = word_.load(platform::memory_order_acquire);  // order: pairs with swap()
        if ((now & kStateMask) != from) return false;
        // order: acq_rel; commit and abort exclude each other on this one word.
        return word_.compare_exchange(now, (now & ~kStateMask) | to, platform::memory_order_acq_rel,
                                      platform::memory_order_acquire);
    }

    static constexpr unsigned kStateBits = 3;
    static constexpr std::uint32_t kStateMask = (1u << kStateBits) - 1;

    platform::atomic<std::uint32_t> word_{0};
};

}  // namespace ouro
