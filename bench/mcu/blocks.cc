// The block allocator by itself: instructions of allocate() and free(), under the work of work.h.
//
// 20000 steps for each of three seeds, at half the region in use and at 90 % of what the region
// holds before the first failure: each step frees a random block and allocates one of a new size.
// The last distribution measured is a region full of the smallest blocks, every second freed.
#include "bench/mcu/meter.h"
#include "bench/mcu/work.h"

namespace ouro::bench {

namespace {

alignas(8) std::byte g_region[OURO_BENCH_REGION];
constexpr std::uint32_t kBlocksMax = OURO_BENCH_REGION / 16;
constexpr std::uint32_t kSeeds = 3;
constexpr std::uint32_t kSteps = OURO_BENCH_STEPS;

Header* g_blocks[kBlocksMax];
std::uint16_t g_sizes[kBlocksMax];
std::uint32_t g_count = 0;
std::uint32_t g_live = 0;  ///< bytes of payload

Heap* g_heap = nullptr;
BlockRequest g_request;

void* allocate(void*) { return g_heap->blocks().allocate(g_request); }
void* free_block(void* block) {
    g_heap->blocks().free(static_cast<Header*>(block));
    return nullptr;
}

/// Types are entered when they are first met.
BlockRequest request_of(std::uint32_t bytes) {
    const TypeInfo& info = leaf_type(bytes);
    TypeTable& types = g_heap->types();
    TypeTable::Entry* entry = types.find(info);
    if (entry == nullptr) entry = types.enter(info).value();
    return {info.size, types.index_of(entry), &info, {}};
}

struct Figures {
    Distribution allocate, free, failing;
};

bool add_block(Meter& meter, Figures& figures, std::uint32_t bytes) {
    g_request = request_of(bytes);
    const std::uint32_t count = meter(allocate);
    auto* block = static_cast<Header*>(meter.result());
    if (block == nullptr) {
        figures.failing.add(count);
        return false;
    }
    figures.allocate.add(count);
    g_blocks[g_count] = block;
    g_sizes[g_count++] = static_cast<std::uint16_t>(bytes);
    g_live += bytes;
    return true;
}

void remove_block(Meter& meter, Figures& figures, std::uint32_t index) {
    figures.free.add(meter(free_block, g_blocks[index]));
    g_live -= g_sizes[index];
    --g_count;
    g_blocks[index] = g_blocks[g_count];
    g_sizes[index] = g_sizes[g_count];
}

void remove_all(Meter& meter) {
    Figures ignored;
    while (g_count > 0) remove_block(meter, ignored, g_count - 1);
    g_heap->blocks().tidy();
}

/// Bytes of payload at the first failure, when 60 % of the steps allocate.
std::uint32_t fill(Meter& meter, Figures& figures, Random& random, Sizes sizes) {
    for (;;) {
        if (g_count == 0 || random.below(100) < 60) {
            if (!add_block(meter, figures, draw_size(random, sizes))) return g_live;
        } else {
            remove_block(meter, figures, random.below(g_count));
        }
    }
}

void run(Meter& meter, Figures& figures, std::uint32_t seed, Sizes sizes, bool near_full) {
    Random random(seed);
    std::uint32_t target = OURO_BENCH_REGION / 2;
    if (near_full) {
        Figures ignored;
        target = fill(meter, ignored, random, sizes) / 10 * 9;
        remove_all(meter);
    }
    while (g_live < target && add_block(meter, figures, draw_size(random, sizes))) {
    }
    for (std::uint32_t step = 0; step < kSteps; ++step) {
        while (g_count > 0 && g_live > target) remove_block(meter, figures, random.below(g_count));
        add_block(meter, figures, draw_size(random, sizes));
    }
    remove_all(meter);
}

void print(const char* work, const Figures& figures) {
    const struct {
        const char* name;
        std::uint32_t value;
    } lines[] = {
        {"allocate_average_tenths", figures.allocate.average_tenths()},
        {"allocate_worst", figures.allocate.max()},
        {"free_average_tenths", figures.free.average_tenths()},
        {"free_worst", figures.free.max()},
        {"failing_worst", figures.failing.max()},
        {"failures", figures.failing.count()},
    };
    for (const auto& line : lines) {
        board::print("blocks.");
        board::print(work);
        board::print(".");
        report(line.name, line.value);
    }
}

/// The region full of the smallest blocks, every second one freed, in the order of addresses; then
/// the others, each between two free neighbours; then all of it again.
void run_holes(Meter& meter, Figures& figures) {
    while (add_block(meter, figures, 8)) {
    }
    const std::uint32_t count = g_count;
    for (std::uint32_t first : {1u, 0u}) {
        for (std::uint32_t i = first; i < count; i += 2)
            figures.free.add(meter(free_block, g_blocks[i]));
        if (first == 1) {
            Figures ignored;
            add_block(meter, ignored, 64);
            figures.failing.add(ignored.failing.max());
        }
    }
    g_count = g_live = 0;
    while (add_block(meter, figures, 8)) {
    }
    remove_all(meter);
}

}  // namespace
}  // namespace ouro::bench

int main() {
    using namespace ouro;
    using namespace ouro::bench;
    HeapConfig config;
    config.types_max = kLeafTypes;
    g_heap = Heap::create(g_region, config).value();
    Meter meter;
    const struct {
        const char* name;
        Sizes sizes;
        bool near_full;
    } works[] = {{"uniform_half", Sizes::uniform, false},
                 {"uniform_near_full", Sizes::uniform, true},
                 {"mix_half", Sizes::mix, false},
                 {"mix_near_full", Sizes::mix, true}};
    for (const auto& work : works) {
        Figures figures;
        for (std::uint32_t seed = 1; seed <= kSeeds; ++seed)
            run(meter, figures, seed, work.sizes, work.near_full);
        print(work.name, figures);
    }
    Figures figures;
    run_holes(meter, figures);
    print("holes", figures);
    return 0;
}
