// The comparison of the heap with the model while all threads rest.
#include <utility>

#include "tests/conformance/suite.h"
#include "tests/mcu/stress/world.h"

namespace ouro::stress {

namespace {

/// All that the threads' handles reach, with every reference counted in the object's mark. Reads
/// fields as plain numbers and adds no reference.
class Survey {
public:
    void add(std::uintptr_t bits) {
        if (!is_object(bits)) return;
        Mark& mark = mark_at(bits);
        OURO_CONFORMS(mark.intact(), "what can be reached lives");
        if (mark.seen++ != 0) return;
        OURO_CONFORMS(count_ < kObjectsMax, "the judge's table holds the heap");
        g_found[count_++] = bits;
    }
    /// Follows all references from what was added.
    void walk() {
        for (std::uint32_t next = 0; next < count_; ++next)
            for (const Field<Object>& field : slots_at(g_found[next]))
                // order: acquire; nobody else is at work.
                add(reinterpret_cast<const FieldSlot&>(field).load(std::memory_order_acquire));
    }
    /// Every count is right; then the marks are as before.
    void judge(std::uint32_t& with_destructor) {
        for (std::uint32_t i = 0; i < count_; ++i) {
            Mark& mark = mark_at(g_found[i]);
            auto found = object_at(g_found[i]);
            OURO_CONFORMS(found.ok(), "what can be reached is found by its address");
            OURO_CONFORMS(refcount(found.value()).value() == mark.seen,
                          "a count is the number of handles and fields");
            if (mark.kind() == Kind::counted || mark.kind() == Kind::finalized) ++with_destructor;
        }
        for (std::uint32_t i = 0; i < count_; ++i) mark_at(g_found[i]).seen = 0;
    }
    std::uint32_t count() const { return count_; }

private:
    static inline constinit std::uintptr_t g_found[kObjectsMax] = {};
    std::uint32_t count_ = 0;
};

}  // namespace

void World::judge() {
    Collector& collector = heap->collector();
    // Finalizers set free and resurrect: until a collection finds nothing and runs none.
    std::size_t finalized = 0, found = 0;
    do {
        while (collector.drain(1000)) {
        }
        finalized = heap->statistics().finalizers_run;
        found = collector.collect().unreachable;
    } while (found != 0 || heap->statistics().finalizers_run != finalized);

#ifdef OURO_STRESS_PLANTED
    if (is_object(hubs[0].bits())) (void)Ref<Object>(hubs[0]).detach();  // the judge must see it
#endif
    Survey survey;
    for (const Ref<Object>& hub : hubs) survey.add(hub.bits());
    for (const Worker& worker : workers)
        for (const Ref<Object>& handle : worker.pocket) survey.add(handle.bits());
    survey.walk();
    std::uint32_t with_destructor = 0;
    survey.judge(with_destructor);
    OURO_CONFORMS(survey.count() == heap->statistics().live_objects,
                  "what cannot be reached is gone, and nothing else");
    OURO_CONFORMS(with_destructor == shadow_count(), "who is gone had a destructor's call");
    if (survey.count() > survivors_max) survivors_max = survey.count();

    for (Worker& worker : workers) {
        for (Worker::WeakRecord& record : worker.weaks) {
            const bool alive = is_alive(record.target);
            const bool locks = static_cast<bool>(record.weak.lock());
            OURO_CONFORMS(!locks || (alive && !record.seen_dead), "weak references die for good");
            if (record.revivals != revivals.load(std::memory_order_seq_cst)) {
                // What a finalizer has resurrected has lost its weak references.
                if (locks) record.revivals = revivals.load(std::memory_order_seq_cst);
                continue;
            }
            OURO_CONFORMS(locks == alive, "a weak reference lives as long as its target");
            ++weak_checks;
        }
    }
    OURO_CONFORMS(!collector.verify(), "the heap is in order");
}

}  // namespace ouro::stress
