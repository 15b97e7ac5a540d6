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
#include "platform/mutex.h"

namespace ouro {

class Batch {
public:
    Batch(Heap& heap, Pass& pass, platform::Mutex& pass_lock)
        : heap_(heap), pass_(pass), pass_lock_(pass_lock) {}

    bool empty() const { return pass_.batch().empty(); }
    /// Before the first next_due() of a round through the batch.
    void rewind_due();
    /// The next member whose finalizer never ran, after a look at no more than `pages` pages.
    /// Null: none there; `done`: nor anywhere behind. Caller holds the pass lock.
    Header* next_due(std::uint32_t pages, bool& done);
    /// Runs the finalizer, unless the member is dying by count and whoever ends it runs it.
    /// No lock held.
    void finalize(Header* header);
    /// Ends at most `limit` members and returns how many tracked objects were reclaimed. No lock
    /// held. The batch is empty() when all have ended. Members that a pass has set aside because of
    /// legacy finalizers and that still live are let go instead, those with a finalizer to the
    /// garbage list (all, with `save_all`); their number is added to `uncollectable`.
    std::size_t take_apart(std::uint32_t limit, bool save_all, std::size_t& uncollectable);
    /// Ends at most `limit` of the members that are dead, and returns how many: the others, which a
    /// pass has set aside because of legacy finalizers, may lose their last references by that. No
    /// lock held.
    std::size_t end_dead(std::uint32_t limit);
    /// Drops the claim on all members and reports them as candidates again. Caller owns the pass.
    void give_up();

    /// Has the object, to which a reference is held, a finalizer that never ran?
    bool is_due(Header* header);

private:
    void reclaim(Header* header);
    void look_for_due();
    bool let_go_if_alive(Header* header, BlockAllocator::Cell cell, bool save_all,
                         std::size_t& uncollectable);
    const TypeInfo& info_of(Header* header);

    Heap& heap_;
    Pass& pass_;
    platform::Mutex& pass_lock_;    ///< guards the garbage list too
    PageIndex due_page_ = kNoPage;  ///< the cursor of next_due()
    CellBits due_;                  ///< members on that page that are still to be looked at
};

}  // namespace ouro
