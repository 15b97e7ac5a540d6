// WeakKeyMap: a map that does not keep its keys alive.
#pragma once

#include <type_traits>
#include <utility>

#include "heap/weak_map.h"

namespace ouro {

/// A managed object that says something about objects of type K without keeping them alive. An
/// entry ends with its key: from then on no operation finds it, and the value is let go in the
/// moment in which weak references to the key call back (on the context that ends the key, or in
/// drain()), without an operation on the map. What remains of the entry, one small object, goes
/// with a later insertion or size().
///
/// A value that leads back to its own key keeps the key alive, and the entry, for as long as the
/// map lives: the map refers to the value by a counted reference, as in Python. Keys are compared
/// by identity. K derives from WeaklyReferable, or is Object: then set() looks at the object.
/// Thread safety: see WeakMap. Semantics: Python's weakref.WeakKeyDictionary.
template <class K, class V = Object>
class WeakKeyMap : public WeakMap {
public:
    static constexpr const char* ouro_name = "WeakKeyMap";
    WeakKeyMap() : WeakMap(Weak::key) {}

    /// The key's value, or null. Time: O(1) expected.
    Ref<V> get(const Ref<K>& key) const { return typed<V>(WeakMap::get(key)); }
    /// Is the key in the map?
    bool contains(const Ref<K>& key) const { return WeakMap::contains(key); }
    /// The key's value is `value`, which may be null, from now on. Fails like try_make; with
    /// wrong_type for a null key, not_supported when the key's type is not weakly referable,
    /// wrong_heap when it lives in another heap than the map. After a failure the map is as it was.
    /// Time: O(1) expected, amortized; growth is linear.
    Error set(const Ref<K>& key, const Ref<V>& value) {
        check();
        return WeakMap::set(key, value);
    }
    /// The key's value; `value`, which is then entered, if it has none. Fails like set().
    Result<Ref<V>> set_default(const Ref<K>& key, const Ref<V>& value) {
        check();
        auto result = WeakMap::set_default(key, value);
        if (!result) return result.error();
        return typed<V>(std::move(*result));
    }
    /// Takes the key out. True iff it was there. Time: O(1) expected.
    bool remove(const Ref<K>& key) { return WeakMap::remove(key); }
    /// Takes the key out and returns its value, null when it was not there.
    Ref<V> pop(const Ref<K>& key) {
        Ref<Object> value;
        WeakMap::remove(key, &value);
        return typed<V>(std::move(value));
    }
    /// Calls visit(const Ref<K>& key, const Ref<V>& value) for every entry, in no order, each
    /// kept alive meanwhile. During the visits entries may die and a visit may do anything with the
    /// map: who is in it all the while comes once, who leaves before its turn does not come, who
    /// enters may or may not. After clear() nothing comes any more.
    template <class Visit>
    void for_each(Visit&& visit) const {
        this->visit_living([&visit](const Ref<Object>& key, Ref<Object> value) {
            visit(typed<K>(key), typed<V>(std::move(value)));
        });
    }

private:
    static constexpr void check() {
        static_assert(std::is_same_v<K, Object> || std::is_base_of_v<WeaklyReferable, K>,
                      "WeakKeyMap<K, V>: derive K from ouro::WeaklyReferable (first, publicly)");
    }
};

}  // namespace ouro
