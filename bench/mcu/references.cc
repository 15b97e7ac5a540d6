// Instructions of what a program does with objects and references: make, end, copy, fields, weak
// references. Nobody else is at work. Each line is the worst of several places in the region.
#include <new>

#include "bench/mcu/meter.h"
#include "ouro/ouro.h"

namespace ouro::bench {

namespace {

alignas(8) std::byte g_region[OURO_BENCH_REGION];

/// 24 bytes of payload, two references, weakly referable.
struct Node : WeaklyReferable {
    Field<Node> next;
    Field<Node> other;
    std::uint32_t data[3] = {};
    static constexpr auto ouro_fields = fields<&Node::next, &Node::other>;
};
static_assert(sizeof(Node) == 24);

/// 24 bytes without references.
struct Leaf {
    std::uint32_t data[6];
    using ouro_leaf = void;
};

ManagedHeap* g_heap = nullptr;
struct World {
    Ref<Node> node;  // between the next two, by its address
    Ref<Node> before;
    Ref<Node> after;
    Ref<Node> value, kept;
    Ref<Leaf> leaf;
    Weak<Node> weak;
};
// Never destroyed: firmware has no static destructors.
alignas(World) std::byte g_world[sizeof(World)];
World& world() { return *std::launder(static_cast<World*>(static_cast<void*>(g_world))); }

void* copy_and_release(void* from) {
    const Ref<Node> copy(*static_cast<const Ref<Node>*>(from));
    asm volatile("" ::"r"(&copy) : "memory");
    return nullptr;
}
void* copy_and_release_leaf(void*) {
    const Ref<Leaf> copy(world().leaf);
    asm volatile("" ::"r"(&copy) : "memory");
    return nullptr;
}
void* copy(void*) {
    world().kept = world().node;
    return nullptr;
}
void* release(void*) {
    world().kept.reset();
    return nullptr;
}
void* move(void*) {
    Ref<Node> moved(std::move(world().kept));
    asm volatile("" ::"r"(&moved) : "memory");
    world().kept = std::move(moved);
    return nullptr;
}
void* load(void*) {
    const Ref<Node> loaded = world().node->next.load();
    asm volatile("" ::"r"(&loaded) : "memory");
    return nullptr;
}
void* store(void* value) {
    world().node->next.store(*static_cast<const Ref<Node>*>(value));
    return nullptr;
}
void* store_moved(void* value) {
    world().node->next.store(std::move(*static_cast<Ref<Node>*>(value)));
    return nullptr;
}
void* store_null(void*) {
    world().node->next = nullptr;
    return nullptr;
}
void* exchange(void* value) {
    world().kept = world().node->next.exchange(std::move(*static_cast<Ref<Node>*>(value)));
    return nullptr;
}
void* take(void*) {
    world().kept = world().node->next.take();
    return nullptr;
}
void* make_leaf(void*) {
    world().leaf = g_heap->make<Leaf>();
    return nullptr;
}
void* end_leaf(void*) {
    world().leaf.reset();
    return nullptr;
}
void* make_node(void*) {
    world().kept = g_heap->make<Node>();
    return nullptr;
}
void* weak_make(void*) {
    world().weak = world().node;
    return nullptr;
}
void* weak_lock(void*) {
    const Ref<Node> locked = world().weak.lock();
    asm volatile("" ::"r"(&locked) : "memory");
    return nullptr;
}
void* weak_reset(void*) {
    world().weak.reset();
    return nullptr;
}

/// The worst of 16 calls after `prepare`. One before them is not counted: its release reports the
/// object to the collector, which release_reports measures.
std::uint32_t worst(Meter& meter, Operation operation, void* argument, void (*prepare)()) {
    Distribution figures;
    for (unsigned i = 0; i < 17; ++i) {
        if (prepare != nullptr) prepare();
        const std::uint32_t count = meter(operation, argument);
        if (i > 0) figures.add(count);
    }
    return figures.max();
}

void forget_kept() { world().kept.reset(); }
void nothing_stored() {
    world().node->next = nullptr;
    world().kept.reset();
}
void other_stored() {
    world().node->next = world().node->other.load();
    world().kept.reset();
}
void kept_before() { other_stored(), world().kept = world().before; }
void kept_after() { other_stored(), world().kept = world().after; }

void references(Meter& meter) {
    report("references.copy_release", worst(meter, copy_and_release, &world().node, nullptr));
    report("references.copy_release_leaf", worst(meter, copy_and_release_leaf, nullptr, nullptr));
    report("references.copy", worst(meter, copy, nullptr, forget_kept));
    copy(nullptr);
    report("references.move_twice", worst(meter, move, nullptr, nullptr));
    report("references.release",
           worst(meter, release, nullptr, [] { world().kept = world().node; }));
    // After a collection has looked at the object, the next release reports it again.
    g_heap->collect();
    report("references.release_reports", worst(meter, release, nullptr, [] {
               g_heap->collect();
               world().kept = world().node;
           }));
}

void members(Meter& meter) {
    report("fields.load", worst(meter, load, nullptr, other_stored));
    report("fields.load_null", worst(meter, load, nullptr, nothing_stored));
    report("fields.store_lower", worst(meter, store, &world().before, other_stored));
    report("fields.store_higher", worst(meter, store, &world().after, other_stored));
    report("fields.store_into_null", worst(meter, store, &world().before, nothing_stored));
    report("fields.store_null", worst(meter, store_null, nullptr, other_stored));
    report("fields.store_moved_lower", worst(meter, store_moved, &world().kept, kept_before));
    report("fields.store_moved_higher", worst(meter, store_moved, &world().kept, kept_after));
    report("fields.exchange_lower", worst(meter, exchange, &world().value, [] {
               other_stored();
               world().value = world().before;
           }));
    report("fields.take", worst(meter, take, nullptr, other_stored));
}

void lives(Meter& meter) {
    make_leaf(nullptr);
    report("objects.make_leaf", worst(meter, make_leaf, nullptr, [] { world().leaf.reset(); }));
    report("objects.end_leaf", worst(meter, end_leaf, nullptr, [] { make_leaf(nullptr); }));
    report("objects.make_node", worst(meter, make_node, nullptr, forget_kept));
    report("objects.end_node", worst(meter, release, nullptr, [] { make_node(nullptr); }));
    report("objects.end_node_with_child", worst(meter, release, nullptr, [] {
               make_node(nullptr);
               world().kept->next = g_heap->make<Node>();
           }));
    make_leaf(nullptr);
}

void weak_references(Meter& meter) {
    report("weak.make", worst(meter, weak_make, nullptr, [] { world().weak.reset(); }));
    report("weak.lock", worst(meter, weak_lock, nullptr, nullptr));
    report("weak.reset", worst(meter, weak_reset, nullptr, [] { world().weak = world().node; }));
    world().weak = g_heap->make<Node>();
    report("weak.lock_dead", worst(meter, weak_lock, nullptr, nullptr));
}

}  // namespace
}  // namespace ouro::bench

int main() {
    using namespace ouro;
    using namespace ouro::bench;
    ManagedHeapConfig config;
    config.collector.background = false;
    ManagedHeap heap(g_region, config);
    g_heap = &heap;
    new (g_world) World;
    world().before = heap.make<Node>();
    world().node = heap.make<Node>();
    world().after = heap.make<Node>();
    if (world().before.get() > world().after.get()) swap(world().before, world().after);
    if (world().node.get() < world().before.get()) swap(world().before, world().node);
    if (world().node.get() > world().after.get()) swap(world().after, world().node);
    world().node->other = heap.make<Node>();
    world().leaf = heap.make<Leaf>();
    Meter meter;
    references(meter);
    lives(meter);
    members(meter);
    weak_references(meter);
    world().~World();
    return 0;
}
