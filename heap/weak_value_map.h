// WeakValueMap: a map that does not keep its values alive.
#pragma once

#include <type_traits>
#include <utility>

#include "heap/weak_map.h"

namespace ouro {

/// A managed object that maps keys to values of type V without keeping the values alive. An entry
/// ends with its value: from then on no operation finds it, and the key is let go in the moment in
/// which weak references to the value call back (on the context that ends the value, or in
/// drain()). What remains of the entry, one small object, goes with a later insertion or size().
///
/// Keys are objects of any type: integers by value, strings by text, others by identity
/// (heap/key.h). V derives from WeaklyReferable, or is Object: then set() looks at the object.
/// Thread safety: see WeakMap. Semantics: Python's weakref.WeakValueDictionary.
///
///     Ref<WeakValueMap<Image>> cache = heap.make<WeakValueMap<Image>>();
///     Error error = cache->set(name, image);
template <class V>
class WeakValueMap : public WeakMap {
public:
    static constexpr const char* ouro_name = "WeakValueMap";
    WeakValueMap() : WeakMap(Weak::value) {}

    /// A counted reference to the key's value, or null. Never a dying object. Time: O(1) expected.
    Ref<V> get(const Ref<Object>& key) const { return typed<V>(WeakMap::get(key)); }
    /// Has the key a living value?
    bool contains(const Ref<Object>& key) const { return WeakMap::contains(key); }
    /// The key's value is `value` from now on. Fails like try_make; with wrong_type for a null key
    /// or value, not_supported when the value's type is not weakly referable, wrong_heap when it
    /// lives in another heap than the map. After a failure the map is as it was.
    /// Time: O(1) expected, amortized; growth is linear.
    Error set(const Ref<Object>& key, const Ref<V>& value) {
        check();
        return WeakMap::set(key, value);
    }
    /// The key's living value; `value`, which is then entered, if there is none. Never null. Fails
    /// like set().
    Result<Ref<V>> set_default(const Ref<Object>& key, const Ref<V>& value) {
        check();
        auto result = WeakMap::set_default(key, value);
        if (!result) return result.error();
        return typed<V>(std::move(*result));
    }
    /// Takes the key out. True iff it had a living value. Time: O(1) expected.
    bool remove(const Ref<Object>& key) { return WeakMap::remove(key); }
    /// Takes the key out and returns its value, null when it had none.
    Ref<V> pop(const Ref<Object>& key) {
        Ref<Object> value;
        WeakMap::remove(key, &value);
        return typed<V>(std::move(value));
    }
    /// Calls visit(const Ref<Object>& key, const Ref<V>& value) for every entry, in no order, each
    /// kept alive meanwhile. During the visits entries may die and a visit may do anything with the
    /// map: who is in it all the while comes once, who leaves before its turn does not come, who
    /// enters may or may not. After clear() nothing comes any more.
    template <class Visit>
    void for_each(Visit&& visit) const {
        this->visit_living([&visit](const Ref<Object>& value, Ref<Object> key) {
            visit(std::as_const(key), typed<V>(value));
        });
    }

private:
    static constexpr void check() {
        static_assert(std::is_same_v<V, Object> || std::is_base_of_v<WeaklyReferable, V>,
                      "WeakValueMap<V>: derive V from ouro::WeaklyReferable (first, publicly)");
    }
};

}  // namespace ouro
