#include "stress/world.h"

#include <unordered_set>

#include "absl/strings/str_cat.h"

namespace ouro::stress {

namespace {

World* g_world = nullptr;

constexpr std::size_t kReviveMax = 2'000;

}  // namespace

World::World(const StressOptions& opts, const Plan& the_plan, ManagedHeap the_heap,
             ThreadRecords& records, Evidence& the_evidence)
    : options(opts),
      plan(the_plan),
      threads(records),
      evidence(the_evidence),
      heap(std::move(the_heap)),
      mail(opts.threads) {
    g_world = this;
}

World::~World() {
    drop_all();
    heap.collect();
    g_world = nullptr;
}

World& World::current() { return *g_world; }

void World::drop_hubs() {
    // First out of reach, then dropped: finalizers that run now must not store into a dead hub.
    std::vector<Ref<Object>> dropped;
    dropped.swap(hubs);
}

bool World::make_hubs(Random& random) {
    drop_hubs();
    ThreadRecord& thread = threads.mine();
    for (std::uint32_t i = 0; i < plan.hubs; ++i) {
        const bool ended = plan.user_code != UserCode::none && random.one_in(2);
        Ref<Object> hub =
            make_wide(ended ? Kind::wide_ended : Kind::wide, plan.hub_fields, 16, thread);
        if (hub) hubs.push_back(std::move(hub));
    }
    return !hubs.empty();
}

void World::drop_all() {
    drop_hubs();
    mail.clear();
    // Dropping may resurrect; a finalizer runs once, so this ends.
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < commons.size(); ++i) commons.exchange(i, {});
        for (std::size_t i = 0; i < graveyard.size(); ++i) graveyard.exchange(i, {});
    }
}

// ---- making

void World::note_failure(Error error, ThreadRecord& thread) {
    if (error == Error::out_of_memory) {
        ++thread.tally.out_of_memory;
        return;
    }
    evidence.violation(absl::StrCat("making an object failed with: ", to_string(error)));
}

template <class T>
Ref<Object> World::accept(Result<Ref<T>> made, Kind kind, ThreadRecord& thread) {
    if (!made) {
        note_failure(made.error(), thread);
        return {};
    }
    ++thread.tally.made[static_cast<std::size_t>(kind)];
    thread.log.note("make", (*made)->mark.serial());
    return Ref<Object>(std::move(*made));
}

Ref<Object> World::make(Kind kind, ThreadRecord& t) {
    switch (kind) {
        case Kind::plain: return accept(heap.try_make<Plain>(), kind, t);
        case Kind::pair: return accept(heap.try_make<Pair>(), kind, t);
        case Kind::node: return accept(heap.try_make<Node>(), kind, t);
        case Kind::counted: return accept(heap.try_make<Counted>(), kind, t);
        case Kind::derived: return accept(heap.try_make<Derived>(), kind, t);
        case Kind::finalized: return accept(heap.try_make<Finalized>(), kind, t);
        case Kind::final_only: return accept(heap.try_make<FinalOnly>(), kind, t);
        case Kind::watcher: {
            const Ref<Body> target = body_of(commons.copy(t.random.below(8)));
            return accept(heap.try_make<Watcher>(target), kind, t);
        }
        case Kind::escaper: return accept(heap.try_make<Escaper>(), kind, t);
        case Kind::wide:
        case Kind::wide_ended:
            return make_wide(kind, t.random.below(plan.wide_fields_max + 1),
                             t.random.below(plan.wide_bytes_max + 1), t);
        case Kind::acyclic: return accept(heap.try_make<Acyclic>(), kind, t);
        case Kind::leaf: return accept(heap.try_make<Leaf>(), kind, t);
        case Kind::bare_leaf: return accept(heap.try_make<BareLeaf>(), kind, t);
        case Kind::final_leaf: return accept(heap.try_make<FinalLeaf>(), kind, t);
        case Kind::count_: break;
    }
    return {};
}

Ref<Object> World::make_wide(Kind kind, std::uint32_t fields, std::uint32_t bytes,
                             ThreadRecord& thread) {
    const Trailing trailing{fields, bytes};
    Ref<Object> made =
        kind == Kind::wide
            ? accept(try_make_variable<Wide>(heap.heap(), trailing), kind, thread)
            : accept(try_make_variable<WideEnded>(heap.heap(), trailing), kind, thread);
    if (made) fill_trailing_bytes(made.get());
    return made;
}

// ---- the model's view

Serial World::check(const Ref<Object>& object, const char* gained_by) {
    if (!has_mark(object.bits())) return 0;
    const Mark& mark = mark_of(object);
    const Serial serial = mark.serial();
    const ShadowState state = shadow.state(serial);
    if (!mark.intact()) {
        evidence.violation(absl::StrCat("dead or damaged memory reached by ", gained_by), serial);
    } else if (state.retired() || state.destroyed() != 0 || state.abandoned()) {
        evidence.violation(absl::StrCat("a dead object reached by ", gained_by), serial);
    } else if (state.kind() != mark.kind()) {
        evidence.violation(absl::StrCat("an object of another kind reached by ", gained_by),
                           serial);
    } else {
        return serial;
    }
    threads.mine().log.note("violation", serial);
    return serial;
}

std::string World::describe(void* object) {
    Header* header = header_of(object);
    const WordValue word = header->load_word();
    std::string text = absl::StrCat(info_of(mark_of(object).kind()).name, ", count ", word.count());
    constexpr std::pair<WordValue::Bits, const char*> kFlags[] = {
        {WordValue::kClaimed, "claimed"},     {WordValue::kClean, "clean"},
        {WordValue::kCondemned, "condemned"}, {WordValue::kFinalized, "finalized"},
        {WordValue::kHeld, "held"},           {WordValue::kPostponed, "postponed"}};
    if (word.marked()) absl::StrAppend(&text, " marked");
    for (const auto& [flag, name] : kFlags) {
        if (word.has(flag)) absl::StrAppend(&text, " ", name);
    }
    BlockAllocator& blocks = heap.heap().blocks();
    const BlockAllocator::Cell cell = blocks.cell_of(header);
    if (cell.page == kNoPage) return absl::StrCat(text, ", in no page");
    // Not the collector's own marks: a pass may be under way.
    if (heap.heap().candidates().is_listed(cell.page)) absl::StrAppend(&text, ", page listed");
    return text;
}

bool World::must_be_weakly_alive(Serial serial) const {
    // order: acquire; pairs with revive(), which comes before the object can be reached.
    if (serial < weakly_exact_from_.load(platform::memory_order_acquire)) return false;
    return !shadow.state(serial).revived();
}

void World::revive(const Ref<Object>& object) {
    std::vector<Ref<Object>> todo{object};
    std::unordered_set<std::uintptr_t> seen{object.bits()};
    std::vector<Ref<Object>> found;
    while (!todo.empty()) {
        const Ref<Object> next = std::move(todo.back());
        todo.pop_back();
        if (!has_mark(next.bits())) continue;
        shadow.set(check(next, "revival"), ShadowState::kRevived);
        if (seen.size() > kReviveMax) {
            // Too much to mark one by one: nothing made so far is certain any more.
            weakly_exact_from_.store(shadow.end(), platform::memory_order_release);
            return;
        }
        found.clear();
        load_successors(next, found);
        for (Ref<Object>& successor : found) {
            if (seen.insert(successor.bits()).second) todo.push_back(std::move(successor));
        }
    }
}

std::string interned_text(std::size_t index) { return absl::StrCat("interned text ", index); }

}  // namespace ouro::stress
