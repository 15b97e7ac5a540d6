// Goal: the heap and its collector, the same sources as everywhere, keep their promises on a
// microcontroller, in 8 KiB. Method: preemption by the seed's schedule, verify() after every case.
#include <cstdint>

#include "ouro/ouro.h"
#include "ports/cortex_m/boards/board.h"
#include "tests/conformance/suite.h"
#include "tests/mcu/seeded.h"

namespace ouro {

namespace {

static_assert(sizeof(Header) == 8, "the header of 32-bit targets");

constexpr std::size_t kRegionBytes = 8 * 1024;
alignas(8) std::byte g_region[kRegionBytes];

constexpr std::size_t kStackBytes = 1024;
[[gnu::section(".noinit")]] alignas(8) unsigned char g_collector_stack[kStackBytes];
[[gnu::section(".noinit")]] alignas(8) unsigned char g_mutator_stack[kStackBytes];

struct Node : WeaklyReferable {
    Field<Node> next;
    Field<Node> other;
    static constexpr auto ouro_fields = fields<&Node::next, &Node::other>;
};

struct Mortal {
    Field<Mortal> next;
    static constexpr auto ouro_fields = fields<&Mortal::next>;
    void finalize() {
        ++finalized;
        if (next) ++finalized_intact;
    }
    static inline constinit unsigned finalized = 0;
    static inline constinit unsigned finalized_intact = 0;
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
        config.collector.background = background;
        config.collector.thread = {
            .stack = g_collector_stack, .stack_bytes = kStackBytes, .priority = 0};
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

std::uint32_t count_of(const Ref<Node>& node) { return refcount(ouro::id(node)).value(); }

void counts_are_exact() {
    CaseHeap heap;
    Ref<Node> a = heap->make<Node>();
    const Ref<Node> b = a;
    a->other = a;
    OURO_CONFORMS(count_of(a) == 3, "two handles and a field");
    a->other = nullptr;
    OURO_CONFORMS(count_of(b) == 2, "two handles");
    const Id id = ouro::id(a);
    OURO_CONFORMS(refcount(id).value() == 2, "the id does not count");
}

void the_last_reference_ends_a_long_list() {
    CaseHeap heap;
    Ref<Node> list;
    unsigned length = 0;
    for (;; ++length) {
        auto made = heap->try_make<Node>();
        if (!made) break;
        (*made)->next = std::move(list);
        list = std::move(made).value();
    }
    OURO_CONFORMS(length > 200, "nodes of 12 bytes and their headers fill the region");
    list.reset();
    OURO_CONFORMS(heap->statistics().live_objects == 0, "all at once, without a stack");
}

void cycles_leak_until_the_collector_runs() {
    CaseHeap heap;
    make_ring(*heap, 20).reset();
    OURO_CONFORMS(heap->statistics().live_objects == 20, "a ring keeps itself alive");
    OURO_CONFORMS(heap->collect().unreachable == 20, "the collector finds it");
}

void the_background_finds_cycles() {
    CaseHeap heap(true);
    for (unsigned i = 0; i < 30; ++i) make_ring(*heap, 5).reset();
    platform::Event never;
    for (unsigned i = 0; heap->statistics().live_objects != 0; ++i) {
        OURO_CONFORMS(i < 10000, "the background thread collects");
        never.wait(1'000'000);
    }
}

/// The caller is more urgent than the collector's thread, and preempts it in its collections.
void a_less_urgent_collector_is_waited_for() {
    constexpr std::uint64_t kStep = 350'000;
    CaseHeap heap(true);
    platform::Event never;
    for (std::uint64_t moment = 0; moment < 3; ++moment) {
        for (unsigned ring = 0; ring < 8; ++ring) make_ring(*heap, 5).reset();
        never.wait(moment * kStep);
        if (moment % 2 == 0) {
            heap->collect();
        } else {
            OURO_CONFORMS(heap->collector().settle(), "the collector comes to rest");
        }
        OURO_CONFORMS(heap->statistics().live_objects == 0, "all that was garbage has gone");
    }
}

void finalizers_in_a_cycle_run_once_and_first() {
    CaseHeap heap;
    Mortal::finalized = Mortal::finalized_intact = 0;
    {
        const Ref<Mortal> a = heap->make<Mortal>();
        a->next = heap->make<Mortal>();
        a->next->next = a;
    }
    heap->collect();
    OURO_CONFORMS(Mortal::finalized == 2, "each once");
    OURO_CONFORMS(Mortal::finalized_intact == 2, "before anything is cleared");
}

void weak_references_see_the_end() {
    CaseHeap heap;
    Ref<Node> ring = make_ring(*heap, 3);
    const Weak<Node> weak(ring);
    OURO_CONFORMS(weak.lock() == ring, "the target lives");
    ring.reset();
    OURO_CONFORMS(bool(weak.lock()), "so does a ring");
    heap->collect();
    OURO_CONFORMS(!weak.lock(), "not for ever");
}

void out_of_memory_is_a_value() {
    CaseHeap heap;
    Ref<Block> kept[40];
    unsigned made = 0;
    for (; made < 40; ++made) {
        auto block = heap->try_make<Block>();
        if (!block) {
            OURO_CONFORMS(block.error() == Error::out_of_memory, "the reason");
            break;
        }
        kept[made] = std::move(block).value();
    }
    OURO_CONFORMS(made > 20 && made < 40, "until the region is full");
    kept[0].reset();
    OURO_CONFORMS(heap->try_make<Block>().ok(), "its memory serves the next");
}

struct Shared {
    ManagedHeap& heap;
    Ref<Node> hub;
};

/// Writes and reads the hub's fields, which the other thread does too, and leaves cycles.
void mutate(void* argument) {
    auto& shared = *static_cast<Shared*>(argument);
    for (unsigned i = 0; i < 150; ++i) {
        Ref<Node> mine = make_ring(shared.heap, 2);
        shared.hub->other = mine;
        const Ref<Node> seen = shared.hub->other;
        mine->other = seen;
        if (i % 3 == 0) shared.hub->next = std::move(mine);
        if (const Ref<Node> next = shared.hub->next.load()) next->other = nullptr;
    }
}

void threads_share_fields() {
    CaseHeap heap(true);
    {
        Shared shared{*heap, heap->make<Node>()};
        platform::Thread thread;
        OURO_CONFORMS(
            thread.start(mutate, &shared,
                         {.stack = g_mutator_stack, .stack_bytes = kStackBytes, .priority = 1}),
            "the thread starts");
        mutate(&shared);
        thread.join();
        OURO_CONFORMS(!heap->collector().verify(), "the heap is in order");
    }
    while (heap->collect().unreachable != 0) {
    }
}

/// What an interrupt handler and a thread do to each other.
struct Mailbox {
    Field<Node> node;
    Field<Mortal> mortal;
    static constexpr auto ouro_fields = fields<&Mailbox::node, &Mailbox::mortal>;
};

struct Interrupted {
    ManagedHeap& heap;
    Ref<Mailbox> mailbox;
    Weak<Node> weak;
    volatile unsigned node_ends = 0, mortal_ends = 0, locked = 0, made = 0;
};

/// Copies, moves, loads, stores, upgrades, and gives up last references: all that a handler may.
void use_in_interrupt(void* argument) {
    auto& shared = *static_cast<Interrupted*>(argument);
    const Ref<Mailbox> copy = shared.mailbox;
    if (const Ref<Node> locked = shared.weak.lock()) {
        shared.locked = shared.locked + 1;
        locked->next = locked->other.load();
    }
    if (const Ref<Node> taken = copy->node.take()) shared.node_ends = shared.node_ends + 1;
    if (const Ref<Mortal> taken = copy->mortal.take()) shared.mortal_ends = shared.mortal_ends + 1;
    const auto made = shared.heap.try_make<Node>();
    if (made.ok() || made.error() != Error::in_interrupt) shared.made = shared.made + 1;
    const CollectResult collected = shared.heap.collect();
    if (collected.error != Error::in_interrupt) shared.made = shared.made + 1;
}

void interrupts_use_the_heap_anywhere() {
    CaseHeap heap(true);
    Mortal::finalized = Mortal::finalized_intact = 0;
    unsigned mortals = 0;
    Interrupted shared{*heap, heap->make<Mailbox>(), {}};
    testing::interrupt_anywhere(use_in_interrupt, &shared);
    while (shared.node_ends < 30 || shared.mortal_ends < 30) {
        Ref<Node> ring = make_ring(*heap, 2);
        shared.mailbox->node = heap->make<Node>();
        shared.mailbox->mortal = heap->make<Mortal>();
        ++mortals;
    }
    testing::interrupt_anywhere(nullptr, nullptr);
    const Ref<Node> target = heap->make<Node>();
    shared.weak = target;
    testing::interrupt_anywhere(use_in_interrupt, &shared);
    for (unsigned i = 0; shared.locked < 10; ++i) target->other = i % 2 == 0 ? target : nullptr;
    testing::interrupt_anywhere(nullptr, nullptr);
    OURO_CONFORMS(shared.made == 0, "nothing is made or collected in an interrupt");
    shared.weak.reset();
    target->next = nullptr;
    target->other = nullptr;
    shared.mailbox.reset();
    heap->collect();
    OURO_CONFORMS(Mortal::finalized == mortals, "each finalizer has run, once");
}

constexpr conformance::Case kCases[] = {
    {"counts are exact", counts_are_exact},
    {"the last reference ends a long list", the_last_reference_ends_a_long_list},
    {"cycles leak until the collector runs", cycles_leak_until_the_collector_runs},
    {"the background finds cycles", the_background_finds_cycles},
    {"a less urgent collector is waited for", a_less_urgent_collector_is_waited_for},
    {"finalizers in a cycle run once and first", finalizers_in_a_cycle_run_once_and_first},
    {"weak references see the end", weak_references_see_the_end},
    {"out of memory is a value", out_of_memory_is_a_value},
    {"threads share fields", threads_share_fields},
    {"interrupts use the heap anywhere", interrupts_use_the_heap_anywhere},
};

}  // namespace
}  // namespace ouro

int main() {
    using namespace ouro;
    testing::start_seeded(board::argument(1));
    for (const conformance::Case& one : kCases) {
        one.run();
        board::print("heap: ");
        board::print(one.name);
        board::print("\n");
    }
    testing::print_schedule();
    return 0;
}
