#include "stress/objects.h"

namespace ouro::stress {

namespace {

template <class T>
T* as(void* object) {
    return static_cast<T*>(object);
}

template <class T>
std::span<Field<Object>> trailing_slots(void* object) {
    T* wide = as<T>(object);
    return {trailing_fields<Object>(wide), trailing_of(wide).field_count};
}

std::span<Field<Object>> slots_at(void* object) {
    switch (mark_of(object).kind()) {
        case Kind::plain: return as<Plain>(object)->slots;
        case Kind::pair: return {&as<Pair>(object)->first, 2};
        case Kind::node: return as<Node>(object)->slots;
        case Kind::counted:
        case Kind::derived: return as<Counted>(object)->slots;
        case Kind::finalized: return as<Finalized>(object)->slots;
        case Kind::final_only: return as<FinalOnly>(object)->slots;
        case Kind::watcher: return as<Watcher>(object)->slots;
        case Kind::escaper: return as<Escaper>(object)->slots;
        case Kind::wide: return trailing_slots<Wide>(object);
        case Kind::wide_ended: return trailing_slots<WideEnded>(object);
        default: return {};
    }
}

template <class T>
std::span<std::byte> trailing_span(T* wide) {
    return {trailing_bytes(wide), trailing_of(wide).byte_count};
}

/// The trailing bytes of the variable kinds.
std::span<std::byte> bytes_at(void* object) {
    switch (mark_of(object).kind()) {
        case Kind::wide: return trailing_span(as<Wide>(object));
        case Kind::wide_ended: return trailing_span(as<WideEnded>(object));
        default: return {};
    }
}

std::byte pattern(Serial serial, std::size_t index) {
    return static_cast<std::byte>(serial * 31 + index * 7 + 1);
}

bool bytes_intact(void* object) {
    const std::span<std::byte> bytes = bytes_at(object);
    const Serial serial = mark_of(object).serial();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] != pattern(serial, i)) return false;
    }
    return true;
}

template <class T>
bool tail_intact(void* object) {
    return as<T>(object)->tail.intact(as<T>(object)->mark);
}

}  // namespace

static_assert(sizeof(WeaklyReferable) == Mark::kOffset && offsetof(Wide, mark) == Mark::kOffset);
static_assert(offsetof(Plain, mark) == Mark::kOffset && offsetof(BareLeaf, mark) == Mark::kOffset);
static_assert(offsetof(Acyclic, mark) == Mark::kOffset && offsetof(Pair, mark) == Mark::kOffset);
static_assert(offsetof(Pair, second) == offsetof(Pair, first) + sizeof(Field<Object>));

WideEnded::~WideEnded() { on_destroy(mark, bytes_intact(this)); }

std::span<Field<Object>> slots_of(const Ref<Object>& object) { return slots_at(object.get()); }

Edges edges_of(void* object) {
    Edges edges;
    edges.slots = slots_at(object);
    switch (mark_of(object).kind()) {
        case Kind::node:
            edges.typed[0] = raw_bits(as<Node>(object)->up);
            edges.value = raw_bits(as<Node>(object)->value);
            break;
        case Kind::derived: edges.typed[0] = raw_bits(as<Derived>(object)->next); break;
        case Kind::wide_ended: edges.typed[0] = raw_bits(as<WideEnded>(object)->first); break;
        case Kind::acyclic:
            edges.typed[0] = raw_bits(as<Acyclic>(object)->leaf);
            edges.typed[1] = raw_bits(as<Acyclic>(object)->bare);
            edges.typed[2] = raw_bits(as<Acyclic>(object)->final_leaf);
            break;
        default: break;
    }
    return edges;
}

void load_successors(const Ref<Object>& object, std::vector<Ref<Object>>& found) {
    const auto add = [&found](Ref<Object> successor) {
        if (successor) found.push_back(std::move(successor));
    };
    void* start = object.get();
    for (const Field<Object>& slot : slots_at(start)) add(slot.load());
    switch (mark_of(object).kind()) {
        case Kind::node: add(as<Node>(start)->up.load()); break;
        case Kind::derived: add(as<Derived>(start)->next.load()); break;
        case Kind::wide_ended: add(as<WideEnded>(start)->first.load()); break;
        case Kind::acyclic:
            add(as<Acyclic>(start)->leaf.load());
            add(as<Acyclic>(start)->bare.load());
            add(as<Acyclic>(start)->final_leaf.load());
            break;
        default: break;
    }
}

std::size_t bytes_of(void* object) {
    switch (mark_of(object).kind()) {
        case Kind::plain: return sizeof(Plain);
        case Kind::pair: return sizeof(Pair);
        case Kind::node: return sizeof(Node);
        case Kind::counted: return sizeof(Counted);
        case Kind::derived: return sizeof(Derived);
        case Kind::finalized: return sizeof(Finalized);
        case Kind::final_only: return sizeof(FinalOnly);
        case Kind::watcher: return sizeof(Watcher);
        case Kind::escaper: return sizeof(Escaper);
        case Kind::wide:
        case Kind::wide_ended: {
            const std::span<std::byte> bytes = bytes_at(object);
            return static_cast<std::size_t>(bytes.data() + bytes.size() - as<std::byte>(object));
        }
        case Kind::acyclic: return sizeof(Acyclic);
        case Kind::leaf: return sizeof(Leaf);
        case Kind::bare_leaf: return sizeof(BareLeaf);
        case Kind::final_leaf: return sizeof(FinalLeaf);
        case Kind::count_: break;
    }
    return 0;
}

bool is_intact(void* object) {
    if (!mark_of(object).intact()) return false;
    switch (mark_of(object).kind()) {
        case Kind::plain: return tail_intact<Plain>(object);
        case Kind::pair: return tail_intact<Pair>(object);
        case Kind::node: return tail_intact<Node>(object);
        case Kind::counted:
        case Kind::derived: return tail_intact<Counted>(object);
        case Kind::finalized: return tail_intact<Finalized>(object);
        case Kind::final_only: return tail_intact<FinalOnly>(object);
        case Kind::watcher: return tail_intact<Watcher>(object);
        case Kind::escaper: return tail_intact<Escaper>(object);
        case Kind::wide:
        case Kind::wide_ended: return bytes_intact(object);
        case Kind::acyclic: return tail_intact<Acyclic>(object);
        case Kind::leaf: return tail_intact<Leaf>(object);
        case Kind::bare_leaf: return tail_intact<BareLeaf>(object);
        case Kind::final_leaf: return tail_intact<FinalLeaf>(object);
        case Kind::count_: break;
    }
    return false;
}

void fill_trailing_bytes(void* object) {
    const std::span<std::byte> bytes = bytes_at(object);
    const Serial serial = mark_of(object).serial();
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern(serial, i);
}

Ref<Body> body_of(const Ref<Object>& object) {
    if (!detail::is_object(object.bits()) || !info_of(mark_of(object).kind()).weak) return {};
    return Ref<Body>::adopt(Ref<Object>(object).detach());
}

}  // namespace ouro::stress
