// Goal: the object graph of a real program, replayed on a microcontroller, has the same states
// after the same steps as on any machine. Method: the graph lies in read-only memory
// (graph_table.h); the lines printed are those of `ouro replay`, and the test compares them.
//
// Each image has one graph, in one region of OURO_REPLAY_REGION bytes. OURO_REPLAY_PAYLOADS 1: each
// object is as large as in the file, else header and reference slots with an index.
// OURO_REPLAY_AT_ONCE 1: the background collector runs, and two threads drop the roots between two
// collections, as with `ouro replay --threads=2 --collector=auto`.
#include <cstdint>
#include <utility>

#include "ouro/ouro.h"
#include "ports/cortex_m/boards/board.h"
#include "tests/conformance/suite.h"
#include "tests/mcu/graph_table.h"
#include "tests/mcu/seeded.h"
#include "tools/node_object.h"
#include "tools/splitmix.h"

namespace ouro {

namespace {

using testing::kGraph;
using testing::NodeReader;
using testing::TableReader;
using tools::AcyclicNode;
using tools::LeafNode;
using tools::NodeObject;
using tools::TrackedNode;

constexpr bool kPayloads = OURO_REPLAY_PAYLOADS != 0;
constexpr bool kAtOnce = OURO_REPLAY_AT_ONCE != 0;
constexpr std::uint32_t kNodesMax = OURO_REPLAY_NODES;
constexpr std::uint32_t kHandlesMax = 64;  // roots; pins

alignas(8) std::byte g_region[OURO_REPLAY_REGION];
// Outside: what a test wants to know of all nodes, and the handles of the graph.
Id g_ids[kNodesMax];
std::uintptr_t g_roots[kHandlesMax];  // references, detached: a static one has a destructor
std::uintptr_t g_pins[kHandlesMax];

constexpr std::size_t kStackBytes = 1024;
[[gnu::section(".noinit")]] alignas(8) unsigned char g_collector_stack[kStackBytes];
[[gnu::section(".noinit")]] alignas(8) unsigned char g_mutator_stack[kStackBytes];

/// A reference more to the object of a node that is known to live.
Ref<NodeObject> node(std::uint32_t index) {
    auto object = resolve(g_ids[index]);
    OURO_CONFORMS(object.ok(), "the node lives");
    return Ref<NodeObject>::adopt(std::move(object).value().detach());
}

template <class T>
Id make_as(Heap& heap, const NodeReader& wanted) {
    Trailing trailing{wanted.references, 0};
    const std::size_t least = tools::kNodeBytesMin + wanted.references * sizeof(FieldSlot);
    if (kPayloads && wanted.size > least)
        trailing.byte_count = static_cast<std::uint32_t>(wanted.size - least);
    auto made = try_make_variable<T>(heap, trailing, wanted.node);
    OURO_CONFORMS(made.ok(), "the graph fits");
    const Id made_id = id(*made);
    (void)std::move(made).value().detach();  // its reference is given up when the graph is linked
    return made_id;
}

void make_nodes(Heap& heap) {
    NodeReader reader(kGraph);
    for (std::uint32_t i = 0; i < kGraph.nodes; ++i) {
        reader.next();
        switch (reader.kind) {
            case NodeReader::Kind::tracked: g_ids[i] = make_as<TrackedNode>(heap, reader); break;
            case NodeReader::Kind::acyclic: g_ids[i] = make_as<AcyclicNode>(heap, reader); break;
            case NodeReader::Kind::leaf: g_ids[i] = make_as<LeafNode>(heap, reader); break;
        }
        reader.skip_targets();
    }
}

void link_nodes() {
    NodeReader reader(kGraph);
    for (std::uint32_t i = 0; i < kGraph.nodes; ++i) {
        reader.next();
        const Ref<NodeObject> from = node(i);
        for (std::uint32_t j = 0; j < reader.references; ++j)
            trailing_fields<NodeObject>(from.get())[j] = node(reader.target());
    }
    TableReader roots(kGraph.root_bytes);
    for (std::uint32_t i = 0; i < kGraph.roots; ++i) g_roots[i] = node(roots.number()).detach();
    TableReader pins(kGraph.pin_bytes);
    for (std::uint32_t i = 0; i < kGraph.pins; ++i) g_pins[i] = node(pins.number()).detach();
    for (std::uint32_t i = 0; i < kGraph.nodes; ++i) Ref<NodeObject>::adopt(g_ids[i].address);
}

/// Asks for every node not yet known to be dead, and prints the state.
void print_state(ManagedHeap& heap) {
    std::uint64_t tracked = 0, bytes = 0, references = 0, mix = 0;
    std::uint32_t freed = 0, answering = 0;
    NodeReader reader(kGraph);
    for (std::uint32_t i = 0; i < kGraph.nodes; ++i) {
        reader.next();
        reader.skip_targets();
        if (g_ids[i].address == 0) continue;
        if (auto count = refcount(g_ids[i])) {
            references += *count;
            ++answering;
            continue;
        }
        g_ids[i] = {};
        ++freed;
        tracked += reader.atomic ? 0 : 1;
        bytes += reader.size;
        mix += tools::splitmix64(i);
    }
    const std::size_t live = heap.statistics().live_objects;
    OURO_CONFORMS(live == answering, "as many objects live as answer to their ids");
    const struct {
        const char* name;
        std::uint64_t value;
    } figures[] = {{"state freed ", freed},
                   {" tracked ", tracked},
                   {" bytes ", bytes},
                   {" live ", live},
                   {" rcsum ", references}};
    for (const auto& figure : figures) {
        board::print(figure.name);
        board::print_number(figure.value);
    }
    board::print(" mix ");
    board::print_hex(static_cast<std::uint32_t>(mix >> 32));
    board::print_hex(static_cast<std::uint32_t>(mix));
    board::print("\n");
}

/// Roots that wait to be dropped, shared out among the threads.
struct Drops {
    std::uint16_t roots[kHandlesMax] = {};
    std::uint32_t count = 0;
    platform::atomic<std::uint32_t> next{0};
};
constinit Drops g_drops;

void drop_some(void*) {
    for (;;) {
        const std::uint32_t mine = g_drops.next.fetch_add(1, std::memory_order_seq_cst);
        if (mine >= g_drops.count) return;
        Ref<NodeObject>::adopt(g_roots[g_drops.roots[mine]]);
    }
}

void drop_all() {
    g_drops.next.store(0, std::memory_order_seq_cst);
    platform::Thread other;
    if (kAtOnce) {
        const bool started = other.start(drop_some, nullptr,
                                         {.stack = g_mutator_stack,
                                          .stack_bytes = kStackBytes,
                                          .priority = 1,
                                          .core = port::kCores - 1});
        OURO_CONFORMS(started, "the thread starts");
    }
    drop_some(nullptr);
    if (kAtOnce) other.join();
    g_drops.count = 0;
}

void perform_steps(ManagedHeap& heap) {
    TableReader steps(kGraph.step_bytes);
    for (std::uint32_t step = 0; step < kGraph.steps; ++step) {
        const char* const text = steps.text();
        const std::uint32_t roots = steps.number();
        if (roots == 0 && kAtOnce) drop_all();
        board::print(text);
        board::print("\n");
        for (std::uint32_t i = 0; i < roots; ++i)
            g_drops.roots[g_drops.count++] = static_cast<std::uint16_t>(steps.number());
        if (roots == 0) {
            OURO_CONFORMS(heap.collect().complete, "the collection is complete");
        } else if (kAtOnce) {
            continue;
        } else {
            drop_all();
        }
        print_state(heap);
    }
    drop_all();
}

void print_graph() {
    const struct {
        std::uint32_t value;
        const char* name;
    } figures[] = {{kGraph.nodes, " nodes, "},
                   {kGraph.edges, " edges, "},
                   {kGraph.roots, " roots, "},
                   {kGraph.pins, " pins, "},
                   {kGraph.steps, " steps\n"}};
    board::print("graph ");
    board::print(kGraph.name);
    board::print(": ");
    for (const auto& figure : figures) {
        board::print_number(figure.value);
        board::print(figure.name);
    }
}

void print_memory(const Statistics& statistics) {
    board::print("memory: region ");
    board::print_number(statistics.region_bytes);
    board::print(" bytes, used at most ");
    board::print_number(statistics.region_bytes - statistics.capacity_bytes +
                        statistics.used_bytes_max);
    board::print(", heap and collector included\n");
}

void replay() {
    OURO_CONFORMS(
        kGraph.nodes <= kNodesMax && kGraph.roots <= kHandlesMax && kGraph.pins <= kHandlesMax,
        "the tables of this program hold the graph");
    ManagedHeapConfig config;
    config.collector.background = kAtOnce;
    // As urgent as the mutators, so that it is at work while they drop.
    config.collector.thread = {
        .stack = g_collector_stack, .stack_bytes = kStackBytes, .priority = 1};
    ManagedHeap heap(g_region, config);
    print_graph();
    make_nodes(heap.heap());
    link_nodes();
    perform_steps(heap);
    OURO_CONFORMS(!heap.collector().verify(), "the heap is in order");
    for (std::uint32_t i = 0; i < kGraph.pins; ++i) Ref<NodeObject>::adopt(g_pins[i]);
    heap.collect();
    OURO_CONFORMS(heap.statistics().live_objects == 0, "nothing is left");
    OURO_CONFORMS(!heap.collector().verify(), "the heap is in order at the end");
    print_memory(heap.statistics());
}

}  // namespace
}  // namespace ouro

int main() {
    ouro::testing::start_everywhere();
    ouro::replay();
    ouro::testing::print_schedule();
    return 0;
}
