#include "tests/mcu/stress/objects.h"

#include <utility>

#include "tests/conformance/suite.h"
#include "tests/mcu/stress/world.h"

namespace ouro::stress {

namespace {

constexpr std::uint16_t kNoSlot = 0xFFFF;
constexpr std::uint32_t kFree = 0, kMade = 1, kFinalized = 2;
constinit platform::atomic<std::uint32_t> g_shadow[kObjectsMax] = {};
constinit platform::atomic<std::uint32_t> g_next_slot{0};

std::uint16_t take_slot() {
    for (std::uint32_t tries = 0; tries < 2 * kObjectsMax; ++tries) {
        const std::uint32_t slot =
            g_next_slot.fetch_add(1, std::memory_order_seq_cst) % kObjectsMax;
        std::uint32_t expected = kFree;
        if (g_shadow[slot].compare_exchange(expected, kMade, std::memory_order_seq_cst,
                                            std::memory_order_seq_cst))
            return static_cast<std::uint16_t>(slot);
    }
    platform::fatal("the shadow has a slot for every object", nullptr);
}

void advance(std::uint16_t slot, std::uint32_t from, std::uint32_t to, const char* sentence) {
    const std::uint32_t before = g_shadow[slot].exchange(to, std::memory_order_seq_cst);
    OURO_CONFORMS(before == from, sentence);
}

/// Finalizers end what they replace, on their own stack, with its finalizers: not too deep, for the
/// stacks are small. Counts those of all threads.
class FinalizerDepth {
public:
    FinalizerDepth() : before_(g_running.fetch_add(1, std::memory_order_seq_cst)) {}
    ~FinalizerDepth() { g_running.fetch_sub(1, std::memory_order_seq_cst); }
    FinalizerDepth(const FinalizerDepth&) = delete;
    FinalizerDepth& operator=(const FinalizerDepth&) = delete;
    bool is_deep() const { return before_ >= 3; }

private:
    static inline constinit platform::atomic<std::uint32_t> g_running{0};
    const std::uint32_t before_;
};

bool ends(Kind kind) { return kind == Kind::counted || kind == Kind::finalized; }

template <class T, class... Args>
Ref<Object> made(ManagedHeap& heap, Args... args) {
    auto result = heap.try_make<T>(args...);
    if (result) return Ref<Object>(std::move(result).value());
    OURO_CONFORMS(result.error() == Error::out_of_memory || result.error() == Error::collector_busy,
                  "an allocation fails only for want of memory");
    World::current().tally.out_of_memory.fetch_add(1, std::memory_order_seq_cst);
    return {};
}

}  // namespace

Mark::Mark(Kind kind, Behaviour behaviour)
    : slot_(ends(kind) ? take_slot() : kNoSlot), kind_(kind), behaviour_(behaviour) {
    canary_ = canary();
    World::current().tally.made.fetch_add(1, std::memory_order_seq_cst);
}

void Mark::finalized() {
    OURO_CONFORMS(intact(), "a finalizer gets an object that lives");
    World::current().tally.finalized.fetch_add(1, std::memory_order_seq_cst);
    if (slot_ != kNoSlot) advance(slot_, kMade, kFinalized, "a finalizer is called once");
}

void Mark::destroyed() {
    OURO_CONFORMS(intact(), "a destructor gets an object that lives");
    World::current().tally.destroyed.fetch_add(1, std::memory_order_seq_cst);
    advance(slot_, kind_ == Kind::finalized ? kFinalized : kMade, kFree,
            "a destructor is called once, after the finalizer");
    canary_ = static_cast<std::uint16_t>(~canary_);  // who still looks does not take it for alive
}

std::uint32_t shadow_count() {
    std::uint32_t count = 0;
    for (const auto& slot : g_shadow)
        count += slot.load(std::memory_order_seq_cst) != kFree ? 1 : 0;
    return count;
}

std::span<Field<Object>> slots_at(std::uintptr_t bits) {
    if (mark_at(bits).kind() != Kind::wide) return reinterpret_cast<Body*>(bits)->slots;
    auto* wide = reinterpret_cast<Wide*>(bits);
    return {trailing_fields<Object>(wide), trailing_of(wide).field_count};
}

Ref<Body> body_of(const Ref<Object>& object) {
    if (!is_object(object.bits()) || mark_at(object.bits()).kind() == Kind::wide) return {};
    return Ref<Body>::adopt(Ref<Object>(object).detach());
}

Ref<Object> try_make_some(ManagedHeap& heap, std::uint32_t what) {
    const auto behaviour =
        static_cast<Behaviour>((what >> 8) % static_cast<std::uint32_t>(Behaviour::count_));
    switch (what % 8) {
        case 0:
        case 1: return made<Counted>(heap);
        case 2:
        case 3: return made<Finalized>(heap, behaviour);
        case 4: return made<FinalOnly>(heap, behaviour);
        case 5: return try_make_wide(heap, (what >> 8) % 12);
        default: return made<Plain>(heap);
    }
}

Ref<Object> try_make_wide(ManagedHeap& heap, std::uint32_t fields) {
    auto result = try_make_variable<Wide>(heap.heap(), Trailing{fields, 0});
    if (result) return Ref<Object>(std::move(result).value());
    World::current().tally.out_of_memory.fetch_add(1, std::memory_order_seq_cst);
    return {};
}

void run_finalizer(const Ref<Object>& self) {
    World& world = World::current();
    Mark& mark = mark_at(self.bits());
    mark.finalized();
    const std::span<Field<Object>> slots = slots_at(self.bits());
    Field<Object>& grave = world.hub_slot(mark.seen + self.bits() / 8);
    const bool stores = mark.behaviour() >= Behaviour::resurrect;
    if (stores && !world.resurrecting) return;
    const FinalizerDepth depth;
    if (depth.is_deep()) return;
    switch (mark.behaviour()) {
        case Behaviour::cut:
            for (Field<Object>& slot : slots) slot = nullptr;
            break;
        case Behaviour::allocate:
            if (Ref<Object> child = made<Plain>(*world.heap)) slots[0] = std::move(child);
            break;
        case Behaviour::look:
            for (Field<Object>& slot : slots) {
                const Ref<Object> seen = slot.load();
                world.check(seen, "what a finalizer finds lives");
                OURO_CONFORMS(refcount(seen) != 1, "the field and this handle are two references");
            }
            break;
        case Behaviour::resurrect:
            world.revivals.fetch_add(1, std::memory_order_seq_cst);
            grave = self;
            break;
        case Behaviour::give_child:
            world.revivals.fetch_add(1, std::memory_order_seq_cst);
            grave = slots[1].take();
            break;
        default: break;
    }
}

}  // namespace ouro::stress
