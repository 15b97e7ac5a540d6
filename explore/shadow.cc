#include "explore/shadow.h"

#include "explore/world.h"
#include "heap/fields.h"

namespace ouro::explore {

namespace {

constexpr unsigned kObjectsMax = 128;

/// Objects reached so far and the number of references to each.
struct Reached {
    Header* header[kObjectsMax];
    std::uint32_t references[kObjectsMax];
    unsigned count = 0;

    void add(const void* object) {
        if (object == nullptr) return;
        Header* target = header_of(object);
        for (unsigned i = 0; i < count; ++i) {
            if (header[i] != target) continue;
            ++references[i];
            return;
        }
        if (count == kObjectsMax) return;
        header[count] = target;
        references[count++] = 1;
    }
};

template <class T>
void add_handles(Reached& reached, const Handles<T>& handles) {
    for (const Ref<T>& ref : handles.ref) reached.add(ref.get());
}

template <class F>
void for_all_handles(F&& visit) {
    visit(world().plain);
    visit(world().finalized);
    visit(world().destroyed);
    visit(world().wide);
    visit(world().roomy);
    visit(world().escaping);
    visit(world().bare);
}

const TypeInfo* info_of(const Header* header) {
    const TypeTable::Entry* type = world().heap->heap().type_of(header);
    const auto order = platform::memory_order_acquire;  // order: any, outside executions
    return type == nullptr ? nullptr : type->info.load(order);
}

template <class F>
void for_fields(Header* header, F&& visit) {
    const TypeInfo* info = info_of(header);
    if (info == nullptr) return;
    const auto order = platform::memory_order_acquire;  // order: any, outside executions
    const Fields fields(header->payload(), *world().heap->heap().type_of(header), *info);
    for (std::uint32_t i = 0; i < fields.count(); ++i) visit(fields[i].load(order));
}

/// All objects that handles reach. Runs outside the model: it reads what stands in memory.
void reach(Reached& reached) {
    for_all_handles([&](const auto& handles) { add_handles(reached, handles); });
    for (const Ref<Watcher>& watcher : world().watchers) reached.add(watcher.get());
    for (unsigned i = 0; i < reached.count; ++i) {
        for_fields(reached.header[i], [&](std::uintptr_t value) {
            if (detail::is_object(value)) reached.add(detail::object_of(value));
        });
    }
}

/// Looks at memory directly for a scope, also from inside an execution.
class Aside {
public:
    Aside() : running_(port::sim::g_running) { port::sim::g_running = false; }
    ~Aside() { port::sim::g_running = running_; }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

private:
    bool running_;
};

template <class T>
Finding check_weaks(const Handles<T>& handles) {
    for (unsigned i = 0; i < kWeaksMax; ++i) {
        const Ref<T> target = handles.weak[i].lock();
        if (!target) continue;
        if (header_of(target.get())->load_info().type() == 0)
            return {"a weak reference yields a dead object", target.get()};
        if (target->id != handles.weak_id[i])
            return {"a weak reference yields another object", target.get()};
    }
    return {};
}

Finding check_object(Header* header, const Reached& reached) {
    const WordValue word = header->load_word();
    const void* object = header->payload();
    if (word.immortal()) return {};  // whoever refers to it or not
    for (unsigned i = 0; i < reached.count; ++i) {
        if (reached.header[i] != header) continue;
        if (word.own_references() != 0) return {"the heap still holds a reference", object};
        if (word.count() != reached.references[i])
            return {"a count is not the number of references", object};
        return {};
    }
    return {"an unreachable object was not reclaimed", object};
}

Finding check_user_code(const bool* alive) {
    for (std::uint64_t id = 1; id <= world().next_id && id < kIdsMax; ++id) {
        const World& now = world();
        if (!alive[id] && now.must_finalize[id] && now.finalizers[id] != 1)
            return {"the finalizer of a dead object did not run once"};
        if (now.destructors[id] != (!alive[id] && now.must_destroy[id] ? 1 : 0))
            return {"a destructor did not run once at the end of its object"};
        if (now.calls[id] == Calls::once && now.callbacks[id] != 1)
            return {"the callback of a weak reference did not run"};
        if (now.calls[id] == Calls::never && now.callbacks[id] != 0)
            return {"a weak reference called back that was garbage with its target"};
    }
    return {};
}

}  // namespace

std::uint64_t id_of(const Header* header) {
    const void* payload = header + 1;
    if (info_of(header) == &detail::type_info_of<Watcher>)
        return static_cast<const Watcher*>(payload)->id;
    if (info_of(header) == &detail::type_info_of<Bare>)
        return static_cast<const Bare*>(payload)->id;
    if (info_of(header) == &detail::type_info_of<Leaf>)
        return static_cast<const Leaf*>(payload)->id;
    return static_cast<const Plain*>(payload)->id;
}

Finding check_handles() {
    const Aside aside;
    Finding finding;
    for_all_handles([&](const auto& handles) {
        for (const auto& ref : handles.ref) {
            if (!ref) continue;
            const Header* header = header_of(ref.get());
            if (header->load_word().count() == 0 || header->load_info().type() == 0)
                finding = {"an object that a handle holds is dead", ref.get()};
        }
    });
    return finding;
}

Finding check_freed(const void* payload) {
    const Aside aside;
    Reached reached;
    reach(reached);
    for (unsigned i = 0; i < reached.count; ++i) {
        if (reached.header[i]->payload() == payload)
            return {"the memory of a reachable object is given back", payload};
    }
    return {};
}

Finding check_sound() {
    const Violation violation = world().heap->collector().verify();
    return {violation.invariant, reinterpret_cast<const void*>(violation.object)};
}

Finding check_end(bool user_code) {
    if (world().keeps_garbage) return {};
    if (const Finding finding = check_sound(); finding.what != nullptr) return finding;
    Reached reached;
    reach(reached);
    bool alive[kIdsMax] = {};
    Finding finding;
    unsigned met = 0;
    for_each_header(world().heap->heap().blocks(), [&](Header* header) {
        if (header->load_info().type() == 0) return;
        ++met;
        if (id_of(header) < kIdsMax) alive[id_of(header)] = true;
        if (finding.what == nullptr) finding = check_object(header, reached);
    });
    if (finding.what == nullptr && met < reached.count) finding = {"a reachable object is gone"};
    for_all_handles([&](const auto& handles) {
        if constexpr (requires { handles.weak; }) {
            if (finding.what == nullptr) finding = check_weaks(handles);
        }
    });
    if (finding.what == nullptr && user_code) finding = check_user_code(alive);
    return finding;
}

}  // namespace ouro::explore
