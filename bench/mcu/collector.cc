// What the collector costs: the longest slice for several settings, the whole collection against
// the garbage, and against what lives.
#include "bench/mcu/meter.h"
#include "ouro/ouro.h"

namespace ouro::bench {

namespace {

alignas(8) std::byte g_region[OURO_BENCH_REGION];

struct Node : WeaklyReferable {
    Field<Node> next;
    Field<Node> other;
    std::uint32_t data = 0;
    static constexpr auto ouro_fields = fields<&Node::next, &Node::other>;
};

struct Mortal {
    Field<Mortal> next;
    static constexpr auto ouro_fields = fields<&Mortal::next>;
    void finalize() {}
};

/// Many references in one object.
struct Wide {
    Field<Node> fields_of_it[32];
    static constexpr auto ouro_fields = fields<&Wide::fields_of_it>;
};

ManagedHeap* g_heap = nullptr;
std::uint32_t g_units = 0;

void* step(void*) {
    return reinterpret_cast<void*>(std::uintptr_t{g_heap->collector().step(g_units)});
}
void* collect(void*) {
    g_heap->collect();
    return nullptr;
}

template <class T>
Ref<T> make_ring(std::uint32_t length) {
    Ref<T> first = g_heap->make<T>();
    Ref<T> last = first;
    for (std::uint32_t i = 1; i < length; ++i) {
        last->next = g_heap->make<T>();
        last = last->next;
    }
    last->next = first;
    return first;
}

/// Garbage and live objects of all kinds, everything a candidate.
struct Mixture {
    Ref<Node> ring, list;
    Ref<Wide> wide;

    explicit Mixture(std::uint32_t size) {
        make_ring<Node>(size).reset();
        make_ring<Mortal>(size / 4).reset();
        ring = make_ring<Node>(size / 2);
        for (std::uint32_t i = 0; i < size / 2; ++i) {
            Ref<Node> node = g_heap->make<Node>();
            node->next = std::move(list);
            list = std::move(node);
        }
        wide = g_heap->make<Wide>();
        for (Field<Node>& field : wide->fields_of_it) {
            field = make_ring<Node>(2);
        }
        for (Ref<Node> node = list; node; node = node->next) Ref<Node> touched = node;
    }
};

/// Lengths of all calls of step(units) that a collection of a mixture takes.
void slices(Meter& meter, std::uint32_t units, bool is_default) {
    Distribution figures;
    {
        const Mixture mixture(OURO_BENCH_OBJECTS / 4);
        g_units = units;
        do {
            figures.add(meter(step));
        } while (meter.result() != nullptr);
    }
    collect(nullptr);
    board::print("collector.slice.");
    board::print_number(units);
    report(".worst", figures.max());
    board::print("collector.slice.");
    board::print_number(units);
    report(".average_tenths", figures.average_tenths());
    if (is_default) report("collector.slice_worst", figures.max());
}

void garbage(Meter& meter, std::uint32_t objects) {
    if (objects > OURO_BENCH_OBJECTS) return;
    for (std::uint32_t made = 0; made < objects; made += 10) make_ring<Node>(10).reset();
    board::print("collector.garbage.");
    board::print_number(objects);
    report("", meter(collect));
}

/// The same garbage beside ever more that lives and is no candidate.
void beside(Meter& meter, std::uint32_t live) {
    if (live + 100 > OURO_BENCH_OBJECTS) return;
    const Ref<Node> list = live == 0 ? nullptr : make_ring<Node>(live);
    collect(nullptr);
    collect(nullptr);
    for (unsigned i = 0; i < 10; ++i) make_ring<Node>(10).reset();
    board::print("collector.beside.");
    board::print_number(live);
    report("", meter(collect));
    if (list) list->next = nullptr;
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
    Meter meter;
    report("collector.step_units_default", config.collector.step_units);
    bool seen = false;
    for (const std::uint32_t units : {1u, 4u, 8u, 16u, 32u, 64u, 128u}) {
        const bool is_default = units == config.collector.step_units;
        seen = seen || is_default;
        slices(meter, units, is_default);
    }
    if (!seen) slices(meter, config.collector.step_units, true);
    report("collector.empty", meter(collect));
    for (const std::uint32_t objects : {10u, 20u, 50u, 100u, 200u, 500u, 1000u})
        garbage(meter, objects);
    for (const std::uint32_t live : {0u, 100u, 300u, 1000u}) beside(meter, live);
    return 0;
}
