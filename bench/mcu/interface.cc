// Every function of the interface, called by a function of its own whose name begins with api_:
// tools/dev/mcu_stack.py finds out how much stack each needs. Not run.
#include <cstddef>
#include <new>

#include "ouro/ouro.h"

namespace ouro::bench {

namespace {

alignas(8) std::byte g_region[8 * 1024];

struct Node : WeaklyReferable {
    Field<Node> next;
    static constexpr auto ouro_fields = fields<&Node::next>;
};

ManagedHeap* volatile g_heap = nullptr;
struct World {
    Ref<Node> node, other;
    Weak<Node> weak;
};
// Never destroyed: firmware has no static destructors.
alignas(World) std::byte g_world[sizeof(World)];
World& world() { return *std::launder(static_cast<World*>(static_cast<void*>(g_world))); }
volatile std::size_t g_seen = 0;

void visit(void*, const Ref<Object>&) { g_seen = g_seen + 1; }

}  // namespace

// The names are those of the table.
extern "C" {

#define OURO_API(name, body) \
    [[gnu::noinline, gnu::used]] void api_##name() { body; }

OURO_API(create, (void)ManagedHeap::create(g_region))
OURO_API(shut_down, g_heap->shut_down())
OURO_API(make, world().node = g_heap->make<Node>())
OURO_API(try_make, g_seen = g_heap->try_make<Node>().ok())
OURO_API(ref_copy, new(&world().other) Ref<Node>(world().node))
OURO_API(ref_release, world().node.~Ref())
OURO_API(field_load, world().node = world().other->next.load())
OURO_API(field_store, world().node->next = world().other)
OURO_API(field_exchange, world().other = world().node->next.exchange(std::move(world().other)))
OURO_API(field_take, world().other = world().node->next.take())
OURO_API(weak_make, world().weak = world().node)
OURO_API(weak_lock, world().node = world().weak.lock())
OURO_API(weak_reset, world().weak.reset())
OURO_API(id, g_seen = resolve(id(world().node)).ok())
OURO_API(refcount, g_seen = refcount(id(world().node)).ok())
OURO_API(statistics, g_seen = g_heap->statistics().live_objects)
OURO_API(collect, g_heap->collect())
OURO_API(step, g_heap->collector().step(64))
OURO_API(drain, g_heap->collector().drain(8))
OURO_API(settle, g_heap->collector().settle())
OURO_API(enable, g_heap->collector().enable())
OURO_API(disable, g_heap->collector().disable())
OURO_API(freeze, g_heap->collector().freeze())
OURO_API(unfreeze, g_heap->collector().unfreeze())
OURO_API(get_objects, g_heap->collector().get_objects(visit, nullptr))
OURO_API(referents, g_heap->collector().referents(world().node, visit, nullptr))
OURO_API(referrers, g_heap->collector().referrers(world().node, visit, nullptr))
OURO_API(garbage, g_heap->collector().garbage(visit, nullptr))
OURO_API(verify, g_seen = bool(g_heap->collector().verify()))

#undef OURO_API
}

}  // namespace ouro::bench

int main() {
    using namespace ouro::bench;
    static void (*const volatile kAll[])() = {
        api_create,         api_shut_down,   api_make,       api_try_make,
        api_ref_copy,       api_ref_release, api_field_load, api_field_store,
        api_field_exchange, api_field_take,  api_weak_make,  api_weak_lock,
        api_weak_reset,     api_id,          api_refcount,   api_statistics,
        api_collect,        api_step,        api_drain,      api_settle,
        api_enable,         api_disable,     api_freeze,     api_unfreeze,
        api_get_objects,    api_referents,   api_referrers,  api_garbage,
        api_verify};
    for (auto* call : kAll) call();
    return 0;
}
