// Goal: the heap and its collector, in the compact layout and in 8 KiB, keep their promises on a
// kernel. Method: preemption at any instruction, verify() after every case; the background
// collector is a task with a stack of the case's, less urgent than all others.
#include <cstdint>

#include "ouro/ouro.h"
#include "platform/interrupt.h"
#include "tests/conformance/crew.h"
#include "tests/kernels/fake/engine.h"
#include "tests/kernels/rig.h"

namespace ouro::kernels {

namespace {

using conformance::Case;

constexpr std::size_t kRegionBytes = 8 * 1024;
alignas(8) std::byte g_region[kRegionBytes];

struct Node : WeaklyReferable {
    Field<Node> next;
    Field<Node> other;
    static constexpr auto ouro_fields = fields<&Node::next, &Node::other>;
};

struct Mortal {
    Field<Mortal> next;
    static constexpr auto ouro_fields = fields<&Mortal::next>;
    void finalize() {
        OURO_CONFORMS(!platform::is_in_interrupt(), "no finalizer runs in an interrupt");
        ++finalized;
    }
    static inline constinit unsigned finalized = 0;
};

struct Block {
    std::uint32_t words[60];
    using ouro_leaf = void;
};

/// A heap of its own for each case: checked at the end.
class CaseHeap {
public:
    explicit CaseHeap(bool background = false) : heap_(g_region, config(background)) {}
    ~CaseHeap() {
        OURO_CONFORMS(!heap_.collector().verify(), "the heap is in order");
        OURO_CONFORMS(heap_.statistics().live_objects == 0, "nothing is left");
    }
    ManagedHeap& operator*() { return heap_; }
    ManagedHeap* operator->() { return &heap_; }

private:
    static ManagedHeapConfig config(bool background) {
        ManagedHeapConfig config;
        // As by default on machines of 32 bits. Headers and pointers have 64 here all the same.
        config.heap.types_max = 15;
        config.heap.field_offsets_max = 64;
        config.heap.intern_buckets = 8;
        config.collector.background = background;
        config.collector.thread = {.stack = stack(0), .stack_bytes = kStackBytes, .priority = 0};
        return config;
    }
    ManagedHeap heap_;
};

Ref<Node> make_ring(ManagedHeap& heap, unsigned length) {
    Ref<Node> first = heap.make<Node>();
    Ref<Node> last = first;
    for (unsigned i = 1; i < length; ++i) {
        last->next = heap.make<Node>();
        last = last->next;
    }
    last->next = first;
    return first;
}

/// Also in main(), before the scheduler runs: everything but threads.
void counts_and_cycles() {
    CaseHeap heap;
    Ref<Node> list;
    unsigned length = 0;
    for (;; ++length) {
        auto made = heap->try_make<Node>();
        if (!made) break;
        (*made)->next = std::move(list);
        list = std::move(made).value();
    }
    OURO_CONFORMS(length > 80, "nodes fill the region");
    list.reset();
    OURO_CONFORMS(heap->statistics().live_objects == 0, "the last reference ends them all");
    Ref<Node> ring = make_ring(*heap, 20);
    const Weak<Node> weak(ring);
    ring.reset();
    OURO_CONFORMS(heap->statistics().live_objects == 20, "a ring keeps itself alive");
    OURO_CONFORMS(heap->collect().unreachable == 20, "the collector finds it");
    OURO_CONFORMS(!weak.lock(), "weak references see the end");
}

void the_background_finds_cycles() {
    CaseHeap heap(true);
    for (unsigned i = 0; i < 30; ++i) make_ring(*heap, 5).reset();
    platform::Event never;
    for (unsigned i = 0; heap->statistics().live_objects != 0; ++i) {
        OURO_CONFORMS(i < 10'000, "the background thread collects");
        never.wait(1'000'000);
    }
}

/// The caller is more urgent than the collector's thread, and waits for what it has to do.
void a_less_urgent_collector_is_waited_for() {
    CaseHeap heap(true);
    for (unsigned i = 0; i < 100; ++i) {
        make_ring(*heap, 5).reset();
        OURO_CONFORMS(heap->collector().settle(), "the collector comes to rest");
        OURO_CONFORMS(heap->statistics().live_objects == 0, "and has found all");
    }
}

void out_of_memory_is_a_value() {
    CaseHeap heap;
    Ref<Block> kept[40];
    unsigned made = 0;
    for (; made < 40; ++made) {
        auto block = heap->try_make<Block>();
        if (!block) break;
        kept[made] = std::move(block).value();
    }
    OURO_CONFORMS(made > 15 && made < 40, "until the region is full");
    kept[0].reset();
    OURO_CONFORMS(heap->try_make<Block>().ok(), "its memory serves the next");
}

struct Shared {
    ManagedHeap& heap;
    Ref<Node> hub;
};

/// Writes and reads the hub's fields, which the others do too, and leaves cycles.
void mutate(Shared& shared, unsigned) {
    for (unsigned i = 0; i < 400; ++i) {
        Ref<Node> mine = make_ring(shared.heap, 2);
        shared.hub->other = mine;
        const Ref<Node> seen = shared.hub->other;
        mine->other = seen;
        if (i % 3 == 0) shared.hub->next = std::move(mine);
        if (const Ref<Node> next = shared.hub->next.load()) next->other = nullptr;
    }
}

void tasks_share_fields() {
    CaseHeap heap(true);
    {
        Shared shared{*heap, heap->make<Node>()};
        conformance::run_crew(shared, mutate);
        OURO_CONFORMS(!heap->collector().verify(), "the heap is in order");
    }
    while (heap->collect().unreachable != 0) {
    }
}

struct Mailbox {
    Field<Node> node;
    Field<Mortal> mortal;
    static constexpr auto ouro_fields = fields<&Mailbox::node, &Mailbox::mortal>;
};

struct Interrupted {
    ManagedHeap& heap;
    Ref<Mailbox> mailbox;
    volatile unsigned node_ends = 0, mortal_ends = 0, made = 0;
};

void use_in_interrupt(void* argument) {
    auto& shared = *static_cast<Interrupted*>(argument);
    const Ref<Mailbox> copy = shared.mailbox;
    if (const Ref<Node> taken = copy->node.take()) shared.node_ends = shared.node_ends + 1;
    if (const Ref<Mortal> taken = copy->mortal.take()) shared.mortal_ends = shared.mortal_ends + 1;
    const auto made = shared.heap.try_make<Node>();
    if (made.ok() || made.error() != Error::in_interrupt) shared.made = shared.made + 1;
    // Wakes the collector, as a release does.
    if (shared.heap.collect().error != Error::in_interrupt) shared.made = shared.made + 1;
}

void interrupts_use_the_heap_anywhere() {
    CaseHeap heap(true);
    Mortal::finalized = 0;
    unsigned mortals = 0;
    Interrupted shared{*heap, heap->make<Mailbox>()};
    fake::interrupt_anywhere(use_in_interrupt, &shared);
    while (shared.node_ends < 50 || shared.mortal_ends < 50) {
        Ref<Node> ring = make_ring(*heap, 2);
        shared.mailbox->node = heap->make<Node>();
        shared.mailbox->mortal = heap->make<Mortal>();
        ++mortals;
    }
    fake::interrupt_anywhere(nullptr, nullptr);
    OURO_CONFORMS(shared.made == 0, "nothing is made or collected in an interrupt");
    shared.mailbox.reset();
    heap->collect();
    OURO_CONFORMS(Mortal::finalized == mortals, "each finalizer has run, once");
}

constexpr Case kCases[] = {
    {"heap: counts and cycles", counts_and_cycles},
    {"heap: the background finds cycles", the_background_finds_cycles},
    {"heap: a less urgent collector is waited for", a_less_urgent_collector_is_waited_for},
    {"heap: out of memory is a value", out_of_memory_is_a_value},
    {"heap: tasks share fields", tasks_share_fields},
    {"heap: interrupts use the heap anywhere", interrupts_use_the_heap_anywhere},
};

}  // namespace
}  // namespace ouro::kernels

int main() {
    using namespace ouro;
    kernels::counts_and_cycles();
    kernels::run_cases(1, 3, [](void (*visit)(const conformance::Case&)) {
        for (const conformance::Case& one : kernels::kCases) visit(one);
    });
    kernels::counts_and_cycles();
    return 0;
}
