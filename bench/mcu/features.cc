// A firmware that uses what OURO_FEATURES says and nothing else: what a feature costs is the
// difference of two of them (tools/dev/mcu_bench.py). Not run.
#include <cstddef>
#include <new>

#include "ouro/ouro.h"
#include "ports/cortex_m/scheduler.h"

namespace ouro::bench {

enum Feature : unsigned {
    kAllocator = 1u << 0,
    kCounts = 1u << 1,
    kFields = 1u << 2,
    kWeak = 1u << 3,
    kCollector = 1u << 4,
    kFinalizers = 1u << 5,
    kIntrospection = 1u << 6,
    kWeakMaps = 1u << 7,
    kThread = 1u << 8,
};

constexpr bool uses(Feature feature) { return (OURO_FEATURES & feature) != 0; }

namespace {

alignas(8) std::byte g_region[8 * 1024];
constexpr std::size_t kStackBytes = 2048;
alignas(8) std::byte g_stack[kStackBytes];

struct Leaf {
    std::uint32_t data[4];
    using ouro_leaf = void;
};

struct Node {
    Field<Node> next;
    Field<Node> other;
    static constexpr auto ouro_fields = fields<&Node::next, &Node::other>;
};

struct Target : WeaklyReferable {
    std::uint32_t data[4];
    using ouro_leaf = void;
};

struct Mortal {
    Field<Mortal> next;
    static constexpr auto ouro_fields = fields<&Mortal::next>;
    void finalize() {}
};

alignas(BlockAllocator) std::byte g_blocks[sizeof(BlockAllocator)];
alignas(TypeTable) std::byte g_types[sizeof(TypeTable)];

[[gnu::noinline]] int use_allocator() {
    auto* types = new (g_types) TypeTable;
    auto* blocks = new (g_blocks) BlockAllocator;
    types->init(g_region, 4, 4);
    if (!blocks->init(g_region + 1024, sizeof g_region - 1024, {}, *types)) return 1;
    auto entry = types->enter(detail::type_info_of<Leaf>);
    if (!entry) return 2;
    Header* block = blocks->allocate({sizeof(Leaf), types->index_of(*entry), nullptr, {}});
    if (block == nullptr) return 3;
    blocks->free(block);
    return 0;
}

[[gnu::noinline]] int use_counts(Heap& heap) {
    auto made = try_make<Leaf>(heap);
    if (!made) return 4;
    const Ref<Leaf> copy = *made;
    return copy ? 0 : 5;
}

[[gnu::noinline]] int use_fields(Heap& heap) {
    auto made = try_make<Node>(heap);
    if (!made) return 6;
    (*made)->next = *made;
    (*made)->other.store((*made)->next.load());
    return (*made)->next.take() ? 0 : 7;
}

[[gnu::noinline]] int use_weak(Heap& heap) {
    auto made = try_make<Target>(heap);
    if (!made) return 8;
    const Weak<Target> weak(*made);
    return weak.lock() ? 0 : 9;
}

[[gnu::noinline]] int use_collector(Collector& collector) {
    while (collector.step(64)) {
    }
    return static_cast<int>(collector.collect().unreachable);
}

[[gnu::noinline]] int use_finalizers(Heap& heap) {
    auto made = try_make<Mortal>(heap);
    if (!made) return 10;
    (*made)->next = *made;
    return 0;
}

[[gnu::noinline]] int use_introspection(Heap& heap, Collector& collector) {
    const Statistics figures = heap.statistics();
    const Violation violation = collector.verify();
    std::size_t seen = 0;
    const auto visit = [](void* self, const Ref<Object>& object) {
        *static_cast<std::size_t*>(self) += refcount(id(object)).ok() ? 1 : 0;
    };
    collector.get_objects(visit, &seen);
    collector.freeze();
    collector.unfreeze();
    collector.set_save_all(true);
    collector.garbage(visit, &seen);
    collector.clear_garbage();
    auto made = try_make<Leaf>(heap);
    if (made) {
        collector.referents(*made, visit, &seen);
        collector.referrers(*made, visit, &seen);
        if (!type_name(id(*made))) ++seen;
    }
    return violation ? 11 : static_cast<int>(figures.live_objects + seen);
}

[[gnu::noinline]] int use_weak_maps(Heap& heap) {
    auto map = try_make<WeakValueMap<Target>>(heap);
    auto value = try_make<Target>(heap);
    if (!map || !value) return 12;
    if ((*map)->set(*value, *value) != Error::none) return 13;
    return (*map)->get(*value) ? 0 : 14;
}

int use_heap() {
    auto made = Heap::create(g_region, {}, sizeof(Collector));
    if (!made) return 15;
    Heap& heap = **made;
    int result = use_counts(heap);
    if constexpr (uses(kFields)) result += use_fields(heap);
    if constexpr (uses(kWeak)) result += use_weak(heap);
    if constexpr (uses(kFinalizers)) result += use_finalizers(heap);
    if constexpr (uses(kWeakMaps)) result += use_weak_maps(heap);
    if constexpr (uses(kCollector)) {
        auto* collector = new (heap.extra()) Collector(heap, {.thread = {g_stack, kStackBytes}});
        if constexpr (uses(kThread)) {
            port::scheduler::start(1);
            if (!collector->start()) return 16;
        }
        result += use_collector(*collector);
        if constexpr (uses(kIntrospection)) result += use_introspection(heap, *collector);
        if constexpr (uses(kThread)) collector->stop();
    }
    return result;
}

}  // namespace
}  // namespace ouro::bench

int main() {
    using namespace ouro::bench;
    if constexpr (uses(kCounts)) return use_heap();
    if constexpr (uses(kAllocator)) return use_allocator();
    return 0;
}
