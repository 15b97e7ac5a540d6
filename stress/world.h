// All that the threads of one run share: the heap, its shadow, and the places where they meet.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "ouro/ouro.h"
#include "stress/evidence.h"
#include "stress/objects.h"
#include "stress/places.h"
#include "stress/plan.h"
#include "stress/shadow.h"

namespace ouro::stress {

class World {
public:
    World(const StressOptions& options, const Plan& plan, ManagedHeap heap, ThreadRecords& threads,
          Evidence& evidence);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// The world of the run under way: user code of managed objects finds it here.
    static World& current();

    /// Makes the objects that all threads write to; drops those there were. Nobody is at work.
    /// False iff there is no memory for a single one.
    bool make_hubs(Random& random);
    /// Drops every handle in the places. Nobody is at work.
    void drop_all();

    /// Makes an object of the kind. Null, and counted, when memory is short; what else fails is a
    /// violation.
    Ref<Object> make(Kind kind, ThreadRecord& thread);
    Ref<Object> make_wide(Kind kind, std::uint32_t fields, std::uint32_t bytes,
                          ThreadRecord& thread);

    /// Checks that a reference that was just gained leads to a living object, undamaged.
    /// Returns:    its serial; 0 for null and immediates.
    Serial check(const Ref<Object>& object, const char* gained_by);
    /// Kind, count word and candidate marks of an object, for the evidence.
    std::string describe(void* object);
    /// Is a dead weak reference to this reachable object wrong? Not if a finalizer has resurrected
    /// it, because the collector kills weak references before it runs the finalizers of a ring.
    bool must_be_weakly_alive(Serial serial) const;
    /// Marks what the object reaches as resurrected. Before a finalizer makes it reachable.
    void revive(const Ref<Object>& object);

    std::size_t live_objects() { return heap.statistics().live_objects; }
    bool is_crowded() { return live_objects() > plan.live_max; }

    const StressOptions& options;
    const Plan& plan;
    ThreadRecords& threads;
    Evidence& evidence;
    Shadow shadow;
    ManagedHeap heap;
    HandleTable commons{24};    ///< threads read, replace and hand over
    HandleTable graveyard{16};  ///< what finalizers have resurrected
    WeakTable weaks{24};
    WeakTable last_words{16};  ///< weak references that finalizers made to their own object
    HandleTable interned{8};   ///< immortal strings, once made never changed
    Mail mail;
    std::vector<Ref<Object>> hubs;

private:
    template <class T>
    Ref<Object> accept(Result<Ref<T>> made, Kind kind, ThreadRecord& thread);
    void drop_hubs();
    void note_failure(Error error, ThreadRecord& thread);

    platform::atomic<std::uint32_t> weakly_exact_from_{0};
};

/// The text of interned string number `index`.
std::string interned_text(std::size_t index);

}  // namespace ouro::stress
