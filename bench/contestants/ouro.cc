// Ouro, with the collector's default settings.
#include "ouro/ouro.h"

#include <sys/mman.h>

#include <memory>
#include <span>

#include "bench/main.h"

namespace {

struct Node {
    static constexpr const char* ouro_name = "Node";
    ouro::Field<Node> field[3];
    std::uint64_t words[3];
    static constexpr auto ouro_fields = ouro::fields<&Node::field>;
};
static_assert(sizeof(Node) == 48);

/// As many fields as asked for.
struct Wide : ouro::Variable {
    static constexpr auto ouro_fields = ouro::fields<>;
    static constexpr const char* ouro_name = "Wide";
};

/// Bytes only.
struct Bytes : ouro::Variable {
    using ouro_leaf = void;
};

struct CellObject {
    ouro::Field<Node> field;
};

}  // namespace

struct Contestant {
    static constexpr const char* kName = "Ouro";
    static constexpr bool kThreads = true;
    static constexpr bool kCounted = true;
    static constexpr bool kCycles = true;
    static constexpr bool kCollectorThread = true;
    static constexpr bool kCascadeBound = true;
    static constexpr bool kGrowth = true;

    static inline std::unique_ptr<ouro::ManagedHeap> heap;
    static void begin(const ouro::bench::Setup& setup) {
        heap.reset();
        // There from the start, as a fixed region is: no page of it is fetched while we measure.
        void* memory = mmap(nullptr, setup.region_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (memory == MAP_FAILED) ouro::bench::fail("no memory for the region");
        ouro::ManagedHeapConfig config;
        config.heap.cascade_objects_max = setup.cascade_objects;
        config.collector.background = setup.background;
        heap = std::make_unique<ouro::ManagedHeap>(
            std::span(static_cast<std::byte*>(memory), setup.region_bytes), config);
    }

    using Handle = ouro::Ref<Node>;
    static Handle make() { return heap->make<Node>(); }
    static void set(const Handle& node, int field, Handle value) {
        node->field[field] = std::move(value);
    }
    static void clear(const Handle& node, int field) { node->field[field] = nullptr; }
    static Handle get(const Handle& node, int field) { return node->field[field].load(); }
    static void collect() { heap->collect(); }
    static void finish() { heap->collect(); }
    static std::size_t live_objects() { return heap->statistics().live_objects; }
    static std::size_t used_bytes() { return heap->statistics().used_bytes; }
    static std::size_t peak_bytes() { return heap->statistics().used_bytes_max; }

    struct Cell {
        ouro::Ref<CellObject> object = heap->make<CellObject>();
    };
    static std::uint64_t value(const Handle& node) { return node->words[0]; }
    static Handle load(Cell& cell) { return cell.object->field.load(); }
    struct Lender {
        ouro::Guard guard{heap->heap()};
    };
    static std::uint64_t look(Lender& lender, const Handle& node, int field) {
        return node->field[field].borrow(lender.guard)->words[0];
    }
    static std::uint64_t look(Lender& lender, Cell& cell) {
        return cell.object->field.borrow(lender.guard)->words[0];
    }
    static void store(Cell& cell, Handle value) { cell.object->field = std::move(value); }

    using Block = ouro::Ref<Bytes>;
    static Block allocate(std::size_t bytes) {
        const auto trailing = static_cast<std::uint32_t>(bytes - sizeof(Bytes));
        Block block = ouro::try_make_variable<Bytes>(heap->heap(), {0, trailing}).value();
        std::byte* memory = ouro::trailing_bytes(block.get());
        memory[0] = memory[trailing - 1] = std::byte{1};
        return block;
    }
    static void free(Block& block) { block.reset(); }
    static double parked_share() {
        const ouro::Statistics figures = heap->statistics();
        return static_cast<double>(figures.parked_bytes) /
               static_cast<double>(figures.region_bytes);
    }

    using WideHandle = ouro::Ref<Wide>;
    static WideHandle make_wide(std::uint32_t fields) {
        return ouro::try_make_variable<Wide>(heap->heap(), {fields, 0}).value();
    }
    static void set_wide(const WideHandle& node, std::uint32_t field, const WideHandle& value) {
        ouro::trailing_fields<Wide>(node.get())[field] = value;
    }
    static std::size_t collect_all() { return heap->collect().unreachable; }
};
OURO_BENCH_MAIN(Contestant)
