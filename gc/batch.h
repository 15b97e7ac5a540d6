// The batch: garbage whose end runs user code, from the first validation to the return of its
// memory.
//
// Order (PEP 442): weak references to the members are cut when the pass commits. If finalizers are
// due, the whole set is the batch and lives: all finalizers that never ran, everything still
// intact; then a second validation of the whole batch, because a finalizer may have resurrected
// members. What is dead after the last validation has no references to its own set any more; of
// it only members with a destructor remain here: each one's destructor runs (its references to the
// rest of the heap still set), then its references go, then its memory.
//
// The members stay claimed all the while: their memory stays, no other pass takes them in. They are
// not counted by the batch: a finalizer that breaks the ring lets members die by count there and
// then.
// B4  One batch at a time, owned by the context that owns the collection. While it is alive its
//     owner looks at it under the pass lock, so that an emergency can take out plain garbage that
//     no finalizer can reach (Collector::take_plain_from_batch). A member whose finalizer is due
//     or under way is never taken out. Once dead, it is the owner's alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/pass.h"
#include "gc/pass_lock.h"
#include "platform/mutex.h"

namespace ouro {

class Batch {
public:
    Batch(Heap& heap, Pass& pass, PassLock& pass_lock)
        : heap_(heap), pass_(pass), pass_lock_(pass_lock) {}

    /// Of looks at headers.
    static constexpr std::uint32_t kUnlimited = ~0u;
    /// As many looks at headers take as long as the end of an object, or its finalizer's call.
    static constexpr std::uint32_t kLooksPerEnd = 32;
    /// Takes what was used off `looks`, as far as it goes.
    static void charge(std::uint32_t& looks, std::uint32_t used) {
        if (looks != kUnlimited) looks -= used < looks ? used : looks;
    }

    bool empty() const { return pass_.batch().empty() && ending_ == nullptr; }
    /// For verify(): the member that is half ended between two steps, or null.
    const Header* ending() const { return ending_; }
    /// The next member whose finalizer never ran, after about `looks` looks at headers, which are
    /// taken off it. Null: none so far; `done`: nor anywhere behind, and the next call begins anew.
    /// It stays the next one until it was finalized, so a batch is gone through once, however many
    /// calls that takes. Caller holds the pass lock.
    Header* next_due(std::uint32_t& looks, bool& done);
    /// Runs the finalizer, unless the member is dying by count and whoever ends it runs it.
    /// No lock held.
    void finalize(Header* header);
    /// Ends at most `limit` members, with about `looks` looks at headers, which are taken off it,
    /// and returns how many tracked objects were reclaimed. No lock held. The batch is empty() when
    /// all have ended. Members that a pass has set aside because of legacy finalizers and that
    /// still live are let go instead, those with a finalizer to the garbage list (all, with
    /// `save_all`); their number is added to `uncollectable`.
    std::size_t take_apart(std::uint32_t limit, std::uint32_t& looks, bool save_all,
                           std::size_t& uncollectable);
    /// Ends at most `limit` of the members that are dead, and returns how many: the others, which a
    /// pass has set aside because of legacy finalizers, may lose their last references by that. No
    /// lock held.
    std::size_t end_dead(std::uint32_t limit);
    /// Drops the claim on all members and reports them as candidates again. Caller owns the pass.
    void give_up();

    /// verify(): does this record name these, and are its cursors places? The pass is sound.
    bool is_sound(const Heap& heap, const Pass& pass, const PassLock& pass_lock);

    /// Has the object, to which a reference is held, a finalizer that never ran?
    bool is_due(Header* header);

private:
    void begin_end(Header* header);
    bool finish_end(std::uint32_t& looks);
    void look_at(PageIndex page, std::uint32_t& looks);
    bool is_due_at(BlockAllocator::Cell cell, std::uint32_t& looks);
    bool let_go_if_alive(Header* header, BlockAllocator::Cell cell, bool save_all,
                         std::size_t& uncollectable);
    const TypeInfo& info_of(Header* header);

    Heap& heap_;
    Pass& pass_;
    PassLock& pass_lock_;       ///< guards the garbage list too
    Header* ending_ = nullptr;  ///< a member whose destructor has run and whose references go
    std::uint32_t ending_field_ = 0;
    bool due_begun_ = false;    ///< is next_due() on its way through the batch?
    PageIndex page_ = kNoPage;  ///< at hand, on its way or take_apart()'s
    CellBits members_;          ///< on that page, still to be looked at
    std::uint32_t gone_ = 0;    ///< BlockAllocator::headers_gone() when they were found
};

}  // namespace ouro
