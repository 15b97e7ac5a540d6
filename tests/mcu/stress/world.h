// What the threads of the boards' stress share, and what each of them holds.
#pragma once

#include <cstdint>

#include "stress/random.h"
#include "tests/mcu/stress/objects.h"

namespace ouro::stress {

inline constexpr unsigned kWorkers = 2;
inline constexpr unsigned kPocket = 12;
inline constexpr unsigned kWeaks = 3;
inline constexpr unsigned kIds = 3;
inline constexpr unsigned kHubs = 2;
inline constexpr std::uint32_t kHubFields = 8;

/// Counted by everybody, user code and interrupt handlers included.
struct Tally {
    using Count = platform::atomic<std::uint32_t>;
    Count operations{0}, made{0}, finalized{0}, destroyed{0}, out_of_memory{0};
    Count locks_won{0}, locks_lost{0}, ids_alive{0}, ids_dead{0}, collected{0}, interrupts{0};
};

class World;

/// A mutator: what it holds, and the operations that it draws.
class Worker {
public:
    Worker(World& its_world, Random its_random) : world(its_world), random(its_random) {}

    /// So many random operations.
    void work(unsigned operations);

    struct WeakRecord {
        Weak<Body> weak;
        Id target;
        std::uint32_t revivals = 0;  ///< of the world, when it was made
        bool seen_dead = false;      ///< it must be so for ever
    };
    struct IdRecord {
        Id id;
        bool seen_dead = false;
    };

    World& world;
    Random random;
    Ref<Object> pocket[kPocket];
    WeakRecord weaks[kWeaks];
    IdRecord ids[kIds];

    Ref<Object>& any() { return pocket[random.below(kPocket)]; }
    /// A field of an object that is held here; null if there is none.
    Field<Object>* slot_of(const Ref<Object>& object);
    void keep(Ref<Object> object) { any() = std::move(object); }
    Field<Object>& hub_slot();
    Ref<Object> make();
};

class World {
public:
    World(ManagedHeap& its_heap, std::uint32_t seed);

    /// The world of the run under way: for user code and interrupt handlers.
    static World& current() { return *g_current; }

    /// A field that all threads write to.
    Field<Object>& hub_slot(std::uint32_t number) {
        const Ref<Object>& hub = hubs[number % kHubs];
        return slots_at(hub.bits())[number / kHubs % kHubFields];
    }
    /// A reference that was just gained leads to a living object, or to none.
    void check(const Ref<Object>& object, const char* sentence);

    /// All threads rest: compares the heap with the model.
    void judge();
    /// Drops everything that the threads and this hold.
    void drop_all();

    ManagedHeap* heap;
    Ref<Object> hubs[kHubs];
    Worker workers[kWorkers];
    Weak<Body> shared;  ///< locked by interrupt handlers, assigned between rounds
    Tally tally;
    platform::atomic<std::uint32_t> revivals{0};  ///< objects that finalizers stored elsewhere
    bool resurrecting = false;                    ///< may they in this round?
    std::uint32_t survivors_max = 0;
    std::uint32_t weak_checks = 0;

    /// What handlers do between any two instructions.
    static void interrupt(void*);

private:
    static inline constinit World* g_current = nullptr;
};

}  // namespace ouro::stress
