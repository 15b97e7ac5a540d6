// A scenario of the type table by itself: a heap's own tells types apart by where they lie, which
// nobody can choose; this one has types whose search begins at one place.
#include <new>

#include "explore/scenario.h"
#include "heap/type_table.h"
#include "platform/mutex.h"

namespace ouro::explore {

namespace {

constexpr std::uint32_t kSlots = 4;
constexpr std::uint32_t kTypes = 2 * kSlots + 1;  // so that three begin at one place
constexpr std::uint32_t kOffsetsMax = kSlots;

constexpr TypeInfo kInfo{
    "Tabled", 16,     1, TypeInfo::kHasFields, [](std::uint16_t* out) { out[0] = 8; },
    nullptr,  nullptr};
constexpr TypeInfo kInfos[kTypes] = {kInfo, kInfo, kInfo, kInfo, kInfo, kInfo, kInfo, kInfo, kInfo};

/// Three of one place: the first is in the table, the others come with the threads.
const TypeInfo* g_neighbours[3];

/// In the bytes of an object, so that it is put back with the region.
struct Tabled {
    TypeTable table;
    platform::Mutex lock;  ///< as the allocation lock: held by who enters a type
    alignas(16) std::byte memory[512];
};
static_assert(sizeof(Tabled) <= sizeof(Wide::bytes));

Tabled& tabled(World& w) { return *reinterpret_cast<Tabled*>(w.wide.ref[0]->bytes); }

/// Where the search for the type begins: where it is put when nothing else is there.
TypeIndex first_place(Tabled& scratch, const TypeInfo& info) {
    scratch.table.init(scratch.memory, kSlots, kOffsetsMax);
    return scratch.table.index_of(scratch.table.enter(info).value());
}

void prepare_types(World& w) {
    w.wide.ref[0] = w.make<Wide>();
    Tabled& space = *new (w.wide.ref[0]->bytes) Tabled{};
    if (TypeTable::bytes_needed(kSlots, kOffsetsMax) > sizeof space.memory)
        violated("the table does not fit", nullptr);
    unsigned found[kSlots] = {};
    for (const TypeInfo& info : kInfos) ++found[first_place(space, info) - 1];
    TypeIndex place = 1;
    while (found[place - 1] < 3) ++place;
    unsigned neighbours = 0;
    for (const TypeInfo& info : kInfos) {
        if (neighbours < 3 && first_place(space, info) == place) g_neighbours[neighbours++] = &info;
    }
    space.table.init(space.memory, kSlots, kOffsetsMax);
    (void)space.table.enter(*g_neighbours[0]).value();
}

template <unsigned kType>
void find_or_enter(World& w) {
    Tabled& space = tabled(w);
    const TypeInfo& info = *g_neighbours[kType];
    TypeTable::Entry* entry = space.table.find(info);
    if (entry == nullptr) {
        platform::LockGuard guard(space.lock);
        entry = space.table.enter(info).value();
    }
    // order: relaxed; found with acquire, or entered here.
    if (entry->info.load(platform::memory_order_relaxed) != &info)
        violated("the entry of another type", entry);
}

void run_types() {
    run_threads(find_or_enter<1>, find_or_enter<2>, find_or_enter<1>);
    if (const char* broken = tabled(world()).table.verify()) violated(broken, nullptr);
}

constexpr Scenario kScenarios[] = {
    {"types", "types that begin at one place are looked for while they are entered", prepare_types,
     run_types},
};

}  // namespace

std::span<const Scenario> table_scenarios() { return kScenarios; }

}  // namespace ouro::explore
