// The batch: garbage whose end runs user code, from the first validation to the return of its
// memory.
//
// Order (PEP 442, DESIGN section 3): weak references to the members are cut when the pass commits;
// then all finalizers that never ran, everything still intact; then a second validation of the
// whole
// batch, because a finalizer may have resurrected members; what is still garbage then is taken
// apart:
// references inside the batch are cleared first, then each member's destructor runs (its references
// to the rest of the heap still set, those to its peers null), then its references go, then memory.
//
// The members stay claimed all the while: their memory stays, no other pass takes them in. They are
// not counted by the batch: a finalizer that breaks the ring lets members die by count there and
// then.
// B4  One batch at a time, owned by the context that owns the collection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/pass.h"

namespace ouro {

class Batch {
public:
    Batch(Heap& heap, Pass& pass) : heap_(heap), pass_(pass) {}

    bool empty() const { return pass_.batch().empty(); }
    /// Runs at most `limit` finalizers of members that never had theirs; true iff none is left.
    /// `run`, if not null, receives how many. No lock held.
    bool run_finalizers(std::uint32_t limit, std::uint32_t* run = nullptr);
    /// Clears the references between the dead members: the first step of taking them apart.
    void clear_inner_references();
    /// Ends at most `limit` members and returns how many tracked objects were reclaimed.
    /// No lock held. The batch is empty() when all have ended.
    std::size_t take_apart(std::uint32_t limit);
    /// Drops the claim on all members and reports them as candidates again. Caller owns the pass.
    void give_up();

private:
    bool is_due(Header* header);
    bool finalize(Header* header);
    void reclaim(Header* header);
    bool is_member(std::uintptr_t value);
    Fields fields_of(Header* header);

    template <class F>
    void for_each(F&& visit);

    Heap& heap_;
    Pass& pass_;
};

}  // namespace ouro
