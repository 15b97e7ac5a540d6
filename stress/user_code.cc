// What finalizers, destructors and constructors of the stress's objects do: record that they ran,
// then something that user code might do, at whatever moment and on whatever thread that is.
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "stress/world.h"

namespace ouro::stress {

namespace {

// User code that lets references go can run user code in turn; what is expensive stops at this.
constexpr std::uint32_t kDepthMax = 3;

class UserCodeScope {
public:
    explicit UserCodeScope(ThreadRecord& thread) : thread_(thread) { ++thread_.user_code_depth; }
    ~UserCodeScope() { --thread_.user_code_depth; }
    UserCodeScope(const UserCodeScope&) = delete;
    UserCodeScope& operator=(const UserCodeScope&) = delete;

    bool deep() const { return thread_.user_code_depth > kDepthMax; }

private:
    ThreadRecord& thread_;
};

/// Is this one of the objects on which the planted fault shows?
bool planted_here(World& world, PlantedFault fault, Serial serial) {
    if (world.options.planted != fault) return false;
    return serial % 64 == 17;
}

void store_where_threads_look(World& world, ThreadRecord& thread, Ref<Object> object) {
    if (!object) return;
    world.revive(object);
    ++thread.tally.resurrections;
    const Serial serial = has_mark(object.bits()) ? mark_of(object).serial() : 0;
    thread.log.note("resurrect", serial);
    if (thread.random.one_in(4)) {
        const auto place = thread.random.below(static_cast<std::uint32_t>(world.commons.size()));
        world.commons.exchange(place, std::move(object));
        return;
    }
    const auto index = thread.random.below(static_cast<std::uint32_t>(world.graveyard.size()));
    world.graveyard.exchange(index, std::move(object));
}

void allocate_some(World& world, ThreadRecord& thread, const Ref<Object>& self) {
    constexpr Kind kSmall[] = {Kind::plain, Kind::node, Kind::bare_leaf};
    const std::uint32_t count = thread.random.between(1, 4);
    for (std::uint32_t i = 0; i < count; ++i) {
        Ref<Object> made = world.make(thread.random.one_of(kSmall), thread);
        const std::span<Field<Object>> slots = slots_of(self);
        if (made && !slots.empty() && thread.random.one_in(2))
            slots[thread.random.below(static_cast<std::uint32_t>(slots.size()))] = std::move(made);
    }
}

void look_around(World& world, ThreadRecord& thread, const Ref<Object>& self) {
    for (Field<Object>& slot : slots_of(self)) {
        const Ref<Object> next = slot.load();
        world.check(next, "a finalizer's field");
        if (next && refcount(next) == 0)
            world.evidence.violation("count 0 of an object that a finalizer holds");
    }
    if (!world.heap.collector().is_finalized(self))
        world.evidence.violation("not finalized while its finalizer runs", mark_of(self).serial());
    if (!thread.random.one_in(16)) return;
    ++thread.whole_heap_calls;
    const auto visit = [](void* context, const Ref<Object>& object) {
        static_cast<World*>(context)->check(object, "get_objects() in a finalizer");
    };
    world.heap.collector().get_objects(visit, &world);
}

void behave(World& world, ThreadRecord& thread, const Ref<Object>& self) {
    const std::span<Field<Object>> slots = slots_of(self);
    Field<Object>* slot =
        slots.empty() ? nullptr
                      : &slots[thread.random.below(static_cast<std::uint32_t>(slots.size()))];
    const auto some = thread.random.below(16);
    switch (mark_of(self).behaviour()) {
        case Behaviour::quiet: break;
        case Behaviour::cut:
            for (Field<Object>& each : slots) each = nullptr;
            break;
        case Behaviour::drop_one:
            if (slot != nullptr) *slot = nullptr;
            break;
        case Behaviour::allocate: allocate_some(world, thread, self); break;
        case Behaviour::collect:
            ++thread.whole_heap_calls;
            ++thread.tally.collect_calls;
            thread.tally.collected += world.heap.collect().unreachable;
            break;
        case Behaviour::look: look_around(world, thread, self); break;
        case Behaviour::remember: world.last_words.assign(some, body_of(self)); break;
        case Behaviour::upgrade: {
            Serial serial = 0;
            const Ref<Object> locked(world.weaks.lock(some, serial));
            world.check(locked, "a weak reference locked in a finalizer");
            break;
        }
        case Behaviour::self_move:
            if (slot != nullptr) slot->store(Ref<Object>(self));
            break;
        case Behaviour::resurrect: store_where_threads_look(world, thread, self); break;
        case Behaviour::give_child:
            if (slot != nullptr) store_where_threads_look(world, thread, slot->take());
            break;
        case Behaviour::count_: break;
    }
}

}  // namespace

Mark::Mark(Kind kind) : kind_(kind) {
    World& world = World::current();
    behaviour_ = Behaviour::quiet;
    if (info_of(kind).finalizer)
        behaviour_ =
            static_cast<Behaviour>(world.plan.behaviours.draw(world.threads.mine().random));
    serial_ = world.shadow.made(kind);
    canary_ = canary_of(serial_, kind);
}

void on_finalize(const Ref<Object>& self) {
    World& world = World::current();
    ThreadRecord& thread = world.threads.mine();
    UserCodeScope scope(thread);
    const Serial serial = world.check(self, "a finalizer");
    thread.log.note("finalizer", serial);
    // order: acq_rel, both; the judge takes what a finalizer did from the count of those that
    // ended.
    thread.finalizers_begun.fetch_add(1, platform::memory_order_acq_rel);
    if (planted_here(world, PlantedFault::finalized_twice, serial)) world.shadow.finalized(serial);
    if (!planted_here(world, PlantedFault::finalized_never, serial)) {
        if (world.shadow.finalized(serial).finalized() != 0)
            world.evidence.violation("a finalizer ran twice", serial);
    }
    if (!scope.deep()) behave(world, thread, self);
    thread.log.note("finalizer ends", serial);
    thread.finalizers_ended.fetch_add(1, platform::memory_order_acq_rel);
}

void on_destroy(Mark& mark, bool tail_intact) {
    World& world = World::current();
    ThreadRecord& thread = world.threads.mine();
    UserCodeScope scope(thread);
    const Serial serial = mark.serial();
    thread.log.note("destructor", serial);
    ++thread.tally.destructors;
    if (!mark.intact() || !tail_intact) {
        world.evidence.violation("damaged memory met by a destructor", serial);
    } else {
        if (planted_here(world, PlantedFault::destroyed_twice, serial))
            world.shadow.destroyed(serial);
        ShadowState before = world.shadow.state(serial);
        if (!planted_here(world, PlantedFault::destroyed_never, serial))
            before = world.shadow.destroyed(serial);
        if (before.retired() || before.destroyed() != 0)
            world.evidence.violation("a destructor ran twice", serial);
        if (info_of(mark.kind()).finalizer && before.finalized() == 0)
            world.evidence.violation("a destructor ran before the finalizer", serial);
    }
    mark.scrub();
    if (scope.deep()) return;
    if (thread.random.one_in(32)) world.make(Kind::plain, thread);
    if (!thread.random.one_in(2048)) return;
    ++thread.whole_heap_calls;
    world.heap.collect();
}

void publish_from_constructor(const Ref<Object>& self) {
    World& world = World::current();
    ThreadRecord& thread = world.threads.mine();
    thread.log.note("escape", mark_of(self).serial());
    const auto index = thread.random.below(static_cast<std::uint32_t>(world.commons.size()));
    world.commons.exchange(index, self);
}

void throw_from_constructor(const Mark& mark) {
    World& world = World::current();
    world.shadow.set(mark.serial(), ShadowState::kAbandoned);
    throw std::runtime_error("as planned");
}

}  // namespace ouro::stress
