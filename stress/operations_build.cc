// Operations that make structures: rings, trees, lists, graphs, wide objects, values. What is built
// is private until it is kept; half of it is dropped at once and so becomes garbage in one piece.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "stress/operations.h"
#include "stress/worker.h"

namespace ouro::stress {

namespace {

/// How many objects the next structure has; 0 when the heap is crowded and was relieved instead.
std::uint32_t draw_size(Worker& w) {
    if (w.world.is_crowded()) {
        w.relieve();
        return 0;
    }
    const std::uint32_t max = w.random.one_in(8) ? w.world.plan.structure_max : 12;
    return w.random.between(1, max);
}

/// At most `count` objects that have fields; fewer when memory is short.
std::vector<Ref<Object>> make_holders(Worker& w, std::uint32_t count) {
    std::vector<Ref<Object>> made;
    for (std::uint32_t tries = 0; made.size() < count && tries < 4 * count; ++tries) {
        Ref<Object> object = w.make_some_kind();
        if (!object) break;
        if (!slots_of(object).empty()) made.push_back(std::move(object));
    }
    return made;
}

/// Keeps one or none of the structure's objects; drops the handles in a random order.
void keep_part(Worker& w, std::vector<Ref<Object>>& made) {
    if (made.empty()) return;
    if (w.random.one_in(2)) {
        w.keep(made[w.random.below(static_cast<std::uint32_t>(made.size()))]);
    }
    if (w.random.one_in(2)) std::reverse(made.begin(), made.end());
    for (Ref<Object>& handle : made) handle.reset();
}

void close_ring(const std::vector<Ref<Object>>& made) {
    for (std::size_t i = 0; i < made.size(); ++i)
        slots_of(made[i])[0] = made[(i + 1) % made.size()];
}

}  // namespace

void make_one(Worker& w) {
    if (w.world.is_crowded()) return w.relieve();
    w.keep(w.make_some_kind());
}

void build_ring(Worker& w) {
    std::vector<Ref<Object>> made = make_holders(w, draw_size(w));
    if (made.empty()) return;
    close_ring(made);
    w.note("ring", serial_of(made.front()), serial_of(made.back()));
    // What hangs on the ring, and dies with it.
    for (std::size_t i = 0; i < made.size(); i += 3) {
        if (Field<Object>* slot = w.slot_of(made[i]); slot != nullptr && w.random.one_in(2))
            *slot = w.any();
    }
    if (w.random.one_in(3)) {
        WeakRecord& weak = w.weaks[w.random.below(static_cast<std::uint32_t>(w.weaks.size()))];
        const Ref<Body> target = body_of(made.front());
        weak.weak = target;
        weak.serial = target ? target->mark.serial() : 0;
        weak.seen_dead = false;
    }
    keep_part(w, made);
}

void build_garbage_rings(Worker& w) {
    const std::uint32_t rings = w.random.between(1, 20);
    for (std::uint32_t i = 0; i < rings; ++i) {
        std::vector<Ref<Object>> made = make_holders(w, w.random.between(1, 4));
        if (made.empty()) return;
        close_ring(made);
    }
}

void build_tree(Worker& w) {
    const std::uint32_t size = draw_size(w);
    std::vector<Ref<Node>> made;
    for (std::uint32_t i = 0; i < size; ++i) {
        Ref<Node> node = cast<Node>(w.make(Kind::node));
        if (!node) break;
        if (i > 0) {
            const Ref<Node>& parent = made[(i - 1) / 2];
            node->up = parent;
            parent->slots[(i - 1) % 2] = Ref<Object>(node);
        }
        made.push_back(std::move(node));
    }
    if (made.empty()) return;
    w.note("tree", made.front()->mark.serial(), made.back()->mark.serial());
    // The root holds the tree; a leaf does as well, through the parent references.
    w.keep(Ref<Object>(w.random.one_in(2) ? made.front() : made.back()));
}

void build_list(Worker& w) {
    if (w.world.is_crowded()) return w.relieve();
    const std::uint32_t size = w.random.between(1, w.world.plan.structure_max);
    const bool typed = w.random.one_in(2) && w.world.plan.user_code != UserCode::none;
    Ref<Object> head;
    for (std::uint32_t i = 0; i < size; ++i) {
        Ref<Object> made = w.make(typed ? Kind::derived : Kind::plain);
        if (!made) break;
        if (typed) {
            const Ref<Derived> item = cast<Derived>(made);
            // The head is a Derived, or null for the first.
            item->next = Ref<Counted>(cast<Derived>(head));
        } else {
            slots_of(made)[w.random.below(3)] = std::move(head);
        }
        head = std::move(made);
    }
    if (w.random.one_in(2)) w.keep(std::move(head));
}

void build_graph(Worker& w) {
    std::vector<Ref<Object>> made = make_holders(w, draw_size(w));
    if (made.empty()) return;
    const auto count = static_cast<std::uint32_t>(made.size());
    for (std::uint32_t i = 0; i < 2 * count; ++i) {
        Field<Object>* slot = w.slot_of(made[w.random.below(count)]);
        if (slot != nullptr) *slot = made[w.random.below(count)];
    }
    if (Field<Object>* slot = w.slot_of(made.front())) *slot = w.any();
    if (w.random.one_in(4)) w.hub_slot() = made.back();
    keep_part(w, made);
}

void build_wide(Worker& w) {
    if (w.world.is_crowded()) return w.relieve();
    const bool ended = w.world.plan.user_code != UserCode::none && w.random.one_in(2);
    Ref<Object> wide = w.make(ended ? Kind::wide_ended : Kind::wide);
    if (!wide) return;
    for (Field<Object>& slot : slots_of(wide)) {
        if (w.random.one_in(2)) slot = w.any();
    }
    if (Field<Object>* slot = w.slot_of(wide); slot != nullptr && w.random.one_in(4)) *slot = wide;
    w.keep(std::move(wide));
}

void build_acyclic(Worker& w) {
    if (w.world.is_crowded()) return w.relieve();
    const Ref<Acyclic> made = cast<Acyclic>(w.make(Kind::acyclic));
    if (!made) return;
    made->bare = cast<BareLeaf>(w.make(Kind::bare_leaf));
    if (w.world.plan.user_code >= UserCode::destructors)
        made->leaf = cast<Leaf>(w.make(Kind::leaf));
    if (w.world.plan.user_code >= UserCode::finalizers)
        made->final_leaf = cast<FinalLeaf>(w.make(Kind::final_leaf));
    w.keep(Ref<Object>(made));
}

void build_values(Worker& w) {
    Ref<Object>* handle = w.some();
    if (handle == nullptr) return;
    const Ref<Node> node = cast<Node>(*handle);
    if (!node) return;
    const Ref<Object> old = node->value.load();
    if (const auto number = as_integer(old); number.has_value() && *number < -5)
        w.world.evidence.violation(absl::StrCat("the value ", *number, " was never stored"));
    if (w.random.one_in(3)) {
        auto made = try_integer(w.world.heap.heap(), w.random.below(1000));
        if (made) node->value = *made;
    } else if (w.random.one_in(2)) {
        const std::uint32_t index =
            w.random.below(static_cast<std::uint32_t>(w.world.interned.size()));
        auto made = try_intern(w.world.heap.heap(), interned_text(index));
        if (!made) return;
        if ((*made)->text() != interned_text(index))
            w.world.evidence.violation("an interned string has another text");
        const Ref<Object> before = w.world.interned.exchange(index, *made);
        if (before && !(before == *made))
            w.world.evidence.violation("two interned strings with one text");
        node->value = Ref<Object>(*made);
    } else {
        auto made = try_string(w.world.heap.heap(), absl::StrCat("text ", w.random.below(100)));
        if (made) node->value = Ref<Object>(*made);
    }
}

void build_and_fail(Worker& w) {
    try {
        auto made = w.world.heap.try_make<Thrower>();
        if (made) w.world.evidence.violation("a constructor that throws made an object");
    } catch (const std::exception&) {
        w.note("constructor threw");
    }
}

}  // namespace ouro::stress
