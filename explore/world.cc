#include "explore/world.h"

#include <cstring>
#include <new>

#include "faults/allocation.h"
#include "platform/thread.h"
#include "ports/sim/engine.h"

namespace ouro::explore {

namespace {

alignas(64) std::byte g_region[kRegionBytes];
alignas(64) std::byte g_world[sizeof(World)];
std::byte g_saved_region[kRegionBytes];
std::byte g_saved_world[sizeof(World)];

void run_thread(void* function) {
    run_program([=] { (*static_cast<ThreadFunction*>(function))(world()); });
}

}  // namespace

World& world() { return *reinterpret_cast<World*>(g_world); }

std::uint64_t World::take_id() {
    // Numbers are given by the scenario's threads without order among them: no shared counter that
    // would order what the heap does not.
    const std::uint64_t id = ++next_id;
    if (id >= kIdsMax) violated("the scenario makes too many objects", nullptr);
    return id;
}

void World::operate() {
    if (!port::sim::g_running || port::sim::engine().current_thread() == 0) return;
    if (++operations == end_at) throw ThreadEnds();
}

void World::refused(Error error) {
    if (error != Error::out_of_memory && error != Error::collector_busy)
        violated("memory is refused for another reason than that there is none", nullptr);
    if (!faults::was_hit() && !world().may_run_out)
        violated("memory is refused while there is some", nullptr);
    throw ThreadEnds();
}

void violated(const char* what, const void* object) { port::sim::engine().fail(what, object); }

void run_finalizer(void* object, std::uint64_t id) {
    if (id == 0 || id >= kIdsMax) violated("a finalizer of no object", object);
    if (++world().finalizers[id] > 1) violated("a finalizer ran twice", object);
    if (world().on_finalize != nullptr) run_program([=] { world().on_finalize(object, id); });
}

void run_destructor(std::uint64_t id) {
    if (id == 0 || id >= kIdsMax) violated("a destructor of no object", nullptr);
    if (++world().destructors[id] > 1) violated("a destructor ran twice", nullptr);
    if (world().on_destroy != nullptr) run_program([=] { world().on_destroy(nullptr, id); });
}

void run_callback(std::uint64_t id) {
    if (id == 0 || id >= kIdsMax) violated("a callback of no object", nullptr);
    if (++world().callbacks[id] > 1) violated("a weak reference called back twice", nullptr);
}

void make_world(const ManagedHeapConfig& config) {
    new (g_world) World{};
    world().heap.emplace(std::span<std::byte>(g_region), config);
}

void save_world() {
    std::memcpy(g_saved_region, g_region, sizeof g_region);
    std::memcpy(g_saved_world, g_world, sizeof g_world);
}

void restore_world() {
    std::memcpy(g_region, g_saved_region, sizeof g_region);
    std::memcpy(g_world, g_saved_world, sizeof g_world);
    port::sim::engine().reset_contexts();  // what they have at hand is nowhere any more
}

void fill_memory(World& w) {
    for (;;) {
        auto made = try_make<Wide>(w.heap->heap(), w.next_id + 1);
        if (!made) break;
        w.take_id();
        (*made)->left = std::move(w.wide.ref[0]);
        w.wide.ref[0] = *made;
    }
}

bool in_region(const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(g_region) <
           kRegionBytes;
}

void run_threads(ThreadFunction first, ThreadFunction second, ThreadFunction third) {
    ThreadFunction functions[] = {first, second, third};
    platform::Thread threads[3];
    for (unsigned i = 0; i < 3; ++i) {
        if (functions[i] != nullptr) threads[i].start(&run_thread, &functions[i]);
    }
    for (platform::Thread& thread : threads) thread.join();
}

namespace {
/// What the rest of the program may do with a half-built object: keep it, show it, let it go.
Ref<Object> show_and_hide(Escaping* half_built) {
    const Ref<Escaping>& container = world().escaping.ref[0];
    if (container) {
        container->left = self(half_built);
        container->left = nullptr;
    }
    return {};
}
}  // namespace

Escaping::Escaping(std::uint64_t number) : any(show_and_hide(this)), id(number) {
    platform::plain_write(&id, sizeof id);
}

}  // namespace ouro::explore
