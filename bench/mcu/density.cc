// How much of a region objects fill: objects of 24 bytes, and two distributions of sizes in a
// region that fills up with holes in it.
//
// Fill: payload as it was asked for and header, of all bytes of the region; what is not counted is
// rounding, holes, and all that heap and collector keep in the region.
#include "bench/mcu/meter.h"
#include "bench/mcu/work.h"

namespace ouro::bench {

namespace {

alignas(8) std::byte g_region[OURO_BENCH_REGION];
constexpr std::uint32_t kObjectsMax = OURO_BENCH_REGION / 16;
constexpr std::uint32_t kSeeds = 10;

void* g_objects[kObjectsMax];
std::uint16_t g_sizes[kObjectsMax];

struct Payload24 {
    Field<Payload24> next;
    Field<Payload24> other;
    std::uint32_t data[4] = {};
    static constexpr auto ouro_fields = fields<&Payload24::next, &Payload24::other>;
};
static_assert(sizeof(Payload24) == 24);

ManagedHeapConfig config_of(std::uint32_t types) {
    ManagedHeapConfig config;
    config.collector.background = false;
    if (types != 0) config.heap.types_max = types;
    return config;
}

/// With the settings that a heap has if nothing is said.
void count_objects() {
    ManagedHeap heap(g_region, config_of(0));
    Ref<Payload24> list;
    std::uint32_t count = 0;
    for (;; ++count) {
        auto made = heap.try_make<Payload24>();
        if (!made) break;
        (*made)->next = std::move(list);
        list = std::move(made).value();
    }
    report("density.objects_24", count);
    report("density.capacity", heap.statistics().capacity_bytes);
    report("density.sizeof_heap", sizeof(Heap));
    report("density.sizeof_collector", sizeof(Collector));
    report("density.sizeof_pass", sizeof(Pass));
    report("density.sizeof_blocks", sizeof(BlockAllocator));
    report("density.types", TypeTable::bytes_needed(heap.heap().config().types_max,
                                                    heap.heap().config().field_offsets_max));
    report("density.interned", heap.heap().config().intern_buckets * sizeof(void*));
}

/// Objects of sizes that are drawn, `percent` of the steps making one, the others ending one, until
/// the first fails. Returns payload and headers, per mille of the region.
std::uint32_t fill(std::uint32_t seed, Sizes sizes, std::uint32_t percent) {
    ManagedHeap heap(g_region, config_of(kLeafTypes));
    Random random(seed);
    std::uint32_t count = 0, bytes = 0;
    for (;;) {
        if (count == 0 || random.below(100) < percent) {
            const std::uint32_t size = draw_size(random, sizes);
            const TypeInfo& info = leaf_type(size);
            auto made = heap.heap().begin_object(info, info.size, {});
            if (!made) break;
            heap.heap().finish_object(*made);
            g_objects[count] = *made;
            g_sizes[count++] = static_cast<std::uint16_t>(size);
            bytes += size;
        } else {
            const std::uint32_t index = random.below(count--);
            bytes -= g_sizes[index];
            ouro::detail::release(g_objects[index]);
            g_objects[index] = g_objects[count];
            g_sizes[index] = g_sizes[count];
        }
    }
    const std::uint32_t filled = bytes + count * static_cast<std::uint32_t>(sizeof(Header));
    for (std::uint32_t i = 0; i < count; ++i) ouro::detail::release(g_objects[i]);
    return static_cast<std::uint32_t>(std::uint64_t{filled} * 1000 / OURO_BENCH_REGION);
}

void fills(const char* name, Sizes sizes, std::uint32_t percent) {
    for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) report(name, fill(seed, sizes, percent));
}

}  // namespace
}  // namespace ouro::bench

int main() {
    using namespace ouro::bench;
    count_objects();
    fills("density.fill_uniform", Sizes::uniform, 60);
    fills("density.fill_mix", Sizes::mix, 60);
    fills("density.fill_uniform_slow", Sizes::uniform, 51);
    fills("density.fill_mix_slow", Sizes::mix, 51);
    return 0;
}
