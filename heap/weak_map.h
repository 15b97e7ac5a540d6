// WeakMap: the hash table under WeakValueMap and WeakKeyMap.
//
// A map refers to an array of buckets, a bucket to a chain of entries, all managed objects. An
// entry is a weak reference to its weak side (the value of a WeakValueMap, the key of a WeakKeyMap)
// and holds the other side, the strong one, by a field. When the target dies, on whatever thread,
// the entry's callback empties that field: an atomic operation on the entry alone, so that the
// table needs no lock against deaths. What is left of the entry leaves the table later: an
// insertion takes the dead out of the chain it adds to, growth and size() out of all.
#pragma once

#include <cstdint>
#include <utility>

#include "heap/error.h"
#include "heap/make.h"
#include "heap/weak_reference.h"

namespace ouro {

namespace detail {

/// One key with its value. Dead when its target is.
class WeakMapEntry : public WeakReference {
public:
    static constexpr const char* ouro_name = "WeakMapEntry";

    WeakMapEntry(const Ref<Object>& target, const Ref<Object>& other, std::uint32_t key_hash)
        : WeakReference(target, &WeakMapEntry::target_died), strong(other), hash(key_hash) {}

    using WeakReference::address;
    /// True: for good. False: the target may be dying.
    bool is_dead() const { return address() == nullptr; }

    Field<Object> strong;       ///< the other side; null once the target has died
    Field<WeakMapEntry> next;   ///< stays when the entry leaves its chain: a visit may stand here
    Field<WeakMapEntry> taken;  ///< the next of those that an operation has taken out
    const std::uint32_t hash;   ///< of the key
    bool is_out = false;        ///< of its chain

    static constexpr auto ouro_fields =
        fields<&WeakMapEntry::strong, &WeakMapEntry::next, &WeakMapEntry::taken>;

private:
    static void target_died(WeakReference& self) {
        static_cast<WeakMapEntry&>(self).strong = nullptr;
    }
};

/// Chains of entries, a power of two of them.
class WeakMapBuckets : public Variable {
public:
    static constexpr const char* ouro_name = "WeakMapBuckets";
    static constexpr auto ouro_fields = fields<>;

    std::uint32_t size() const { return trailing_of(this).field_count; }
    Field<WeakMapEntry>& at(std::uint32_t index) {
        return trailing_fields<WeakMapEntry>(this)[index];
    }
    Field<WeakMapEntry>& chain_of(std::uint32_t hash) { return at(hash & (size() - 1)); }
};

}  // namespace detail

/// What WeakValueMap and WeakKeyMap have in common; made as one of these.
///
/// Thread safety: as any container. Threads that use one map at the same time need the user's own
/// lock, also for get(). Targets may die on any thread at any time without it. User code that an
/// operation sets off (the ends of what it lets go) runs after it, with the map in order.
class WeakMap {
public:
    /// Entries whose target lives; one that dies just now may be counted. Lets go of what is left
    /// of dead ones. Time: O(buckets and entries).
    std::size_t size();
    /// Lets go of all entries. Time: O(1), and the end of what nothing else refers to.
    void clear();

protected:
    enum class Weak : std::uint8_t { key, value };
    explicit WeakMap(Weak side) : weak_(side) {}

    Ref<Object> get(const Ref<Object>& key) const;
    bool contains(const Ref<Object>& key) const;
    Error set(const Ref<Object>& key, const Ref<Object>& value);
    Result<Ref<Object>> set_default(const Ref<Object>& key, const Ref<Object>& value);
    bool remove(const Ref<Object>& key, Ref<Object>* value = nullptr);
    /// Calls visit(target, other side) for every entry whose target lives.
    template <class Visit>
    void visit_living(Visit&& visit) const;
    template <class T>
    static Ref<T> typed(Ref<Object> ref) {
        return Ref<T>::adopt(ref.detach());
    }

private:
    using Entry = detail::WeakMapEntry;
    using Buckets = detail::WeakMapBuckets;

    std::uint32_t hash_of(const Ref<Object>& key) const;
    bool matches(const Entry& entry, const Ref<Object>& key, std::uint32_t hash) const;
    Ref<Entry> find(const Ref<Object>& key, std::uint32_t hash) const;
    Ref<Object> value_of(const Ref<Entry>& entry) const;
    /// Entries that an operation has taken out, in the order of their chains: `taken` leads the
    /// same way as `next`, so that they form no ring. Let go of when the table is in order again:
    /// their ends may run user code that uses the map.
    struct Taken {
        Ref<Entry> first, last;
        void add(const Ref<Entry>& entry) {
            if (last) {
                last->taken = entry;
            } else {
                first = entry;
            }
            last = entry;
        }
    };

    template <class Goes>
    void take_out(Field<Entry>& chain, Taken& taken, Goes&& goes);
    void replace(Field<Entry>& chain, const Ref<Entry>& old, Ref<Entry> entry);
    void take_all_dead(Buckets& buckets, Taken& taken);
    Error make_room(Taken& taken);

    Field<Buckets> buckets_;            ///< null until the first insertion
    std::uint32_t entries_ = 0;         ///< in the chains, dead ones included
    mutable std::uint32_t visits_ = 0;  ///< under way: chains are not moved meanwhile
    Weak weak_;

public:
    static constexpr auto ouro_fields = fields<&WeakMap::buckets_>;
};

// An entry that leaves its chain during a visit keeps its way on, no chain moves to other buckets,
// and a replaced entry's successor takes its place: so who stays is met once, who leaves before its
// turn is not.
template <class Visit>
void WeakMap::visit_living(Visit&& visit) const {
    struct Visiting {
        std::uint32_t& visits;
        explicit Visiting(std::uint32_t& count) : visits(count) { ++visits; }
        ~Visiting() { --visits; }
    } visiting(visits_);
    const Ref<Buckets> buckets = buckets_.load();
    for (std::uint32_t i = 0; buckets && i < buckets->size(); ++i) {
        for (Ref<Entry> entry = buckets->at(i).load(); entry; entry = entry->next.load()) {
            if (buckets_ != buckets) return;  // cleared
            const Ref<Object> target = entry->is_out ? Ref<Object>() : entry->lock();
            if (target) visit(target, entry->strong.load());
        }
    }
}

}  // namespace ouro
