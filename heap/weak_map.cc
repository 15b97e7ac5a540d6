#include "heap/weak_map.h"

#include "heap/key.h"

namespace ouro {

namespace {
constexpr std::uint32_t kBucketsMin = 8;
}

std::uint32_t WeakMap::hash_of(const Ref<Object>& key) const {
    return weak_ == Weak::key ? hash_identity(key) : hash_key(key);
}

/// A weak key matches by its address: whoever asks holds the key, and an entry of an object that
/// lived there before has lost the address before the memory was given back.
bool WeakMap::matches(const Entry& entry, const Ref<Object>& key, std::uint32_t hash) const {
    if (entry.hash != hash || entry.is_dead()) return false;
    if (weak_ == Weak::key) return entry.address() == key.get();
    return equal_keys(entry.strong.load(), key);
}

/// The key's entry, or null. There is at most one; its target may be dying.
Ref<WeakMap::Entry> WeakMap::find(const Ref<Object>& key, std::uint32_t hash) const {
    const Ref<Buckets> buckets = buckets_.load();
    if (!buckets) return {};
    Ref<Entry> entry = buckets->chain_of(hash).load();
    while (entry && !matches(*entry, key, hash)) entry = entry->next.load();
    return entry;
}

/// A counted reference to the entry's value; null when the value is dying.
Ref<Object> WeakMap::value_of(const Ref<Entry>& entry) const {
    return weak_ == Weak::key ? entry->strong.load() : entry->lock();
}

Ref<Object> WeakMap::get(const Ref<Object>& key) const {
    const Ref<Entry> entry = find(key, hash_of(key));
    return entry ? value_of(entry) : Ref<Object>();
}

bool WeakMap::contains(const Ref<Object>& key) const {
    const Ref<Entry> entry = find(key, hash_of(key));
    return entry && !entry->expired();
}

/// Takes the entries out of the chain for which goes(entry).
template <class Goes>
void WeakMap::take_out(Field<Entry>& chain, Taken& taken, Goes&& goes) {
    Ref<Entry> before;  // keeps the object that `link` is part of
    Field<Entry>* link = &chain;
    while (Ref<Entry> entry = link->load()) {
        if (!goes(*entry)) {
            before = std::move(entry);
            link = &before->next;
            continue;
        }
        *link = entry->next.load();
        entry->is_out = true;
        taken.add(entry);
        --entries_;
    }
}

/// `entry` takes the place of `old` in the chain.
void WeakMap::replace(Field<Entry>& chain, const Ref<Entry>& old, Ref<Entry> entry) {
    entry->next = old->next.load();
    Ref<Entry> before;  // keeps the object that `link` is part of
    Field<Entry>* link = &chain;
    while (*link != old) {
        before = link->load();
        link = &before->next;
    }
    *link = std::move(entry);
    old->is_out = true;
}

void WeakMap::take_all_dead(Buckets& buckets, Taken& taken) {
    for (std::uint32_t i = 0; i < buckets.size(); ++i)
        take_out(buckets.at(i), taken, [](const Entry& entry) { return entry.is_dead(); });
}

/// Room for one more entry at about one per bucket. Growth that finds no memory is put off.
Error WeakMap::make_room(Taken& taken) {
    const Ref<Buckets> old = buckets_.load();
    const std::uint32_t size = old ? old->size() : 0;
    if (old) {
        if (entries_ < size || visits_ != 0) return Error::none;
        take_all_dead(*old, taken);
        if (entries_ <= size / 2)
            return Error::none;  // until the next time: half as many insertions
    }
    const Trailing trailing{size == 0 ? kBucketsMin : size * 2, 0};
    auto made = try_make_variable<Buckets>(*Heap::of(this), trailing);
    if (!made) return old ? Error::none : made.error();
    for (std::uint32_t i = 0; i < size; ++i) {
        Ref<Entry> entry = old->at(i).take();
        while (entry) {
            Ref<Entry> next = entry->next.take();
            Field<Entry>& chain = (*made)->chain_of(entry->hash);
            entry->next = chain.take();
            chain = std::move(entry);
            entry = std::move(next);
        }
    }
    buckets_ = std::move(*made);
    return Error::none;
}

Error WeakMap::set(const Ref<Object>& key, const Ref<Object>& value) {
    const bool weak_key = weak_ == Weak::key;
    const Ref<Object>& target = weak_key ? key : value;
    if (!key || !target) return Error::wrong_type;
    if (detail::weakly_referable(target) == nullptr) return Error::not_supported;
    Heap& heap = *Heap::of(this);
    if (Heap::of(target.get()) != &heap) return Error::wrong_heap;
    const std::uint32_t hash = hash_of(key);
    const Ref<Entry> old = find(key, hash);
    if (old && weak_key) {
        old->strong = value;
        return Error::none;
    }
    auto made = try_make<Entry>(heap, target, weak_key ? value : key, hash);
    if (!made) return made.error();
    if (old) {
        const Ref<Buckets> buckets = buckets_.load();
        replace(buckets->chain_of(hash), old, std::move(*made));
        return Error::none;
    }
    Taken taken;  // let go after everything else
    if (const Error error = make_room(taken); error != Error::none) return error;
    const Ref<Buckets> buckets = buckets_.load();
    Field<Entry>& chain = buckets->chain_of(hash);
    take_out(chain, taken, [](const Entry& entry) { return entry.is_dead(); });
    (*made)->next = chain.take();
    chain = std::move(*made);
    ++entries_;
    return Error::none;
}

Result<Ref<Object>> WeakMap::set_default(const Ref<Object>& key, const Ref<Object>& value) {
    const Ref<Entry> entry = key ? find(key, hash_of(key)) : Ref<Entry>();
    if (entry) {
        Ref<Object> there = value_of(entry);
        if (there || weak_ == Weak::key) return there;
    }
    if (const Error error = set(key, value); error != Error::none) return error;
    return Ref<Object>(value);
}

bool WeakMap::remove(const Ref<Object>& key, Ref<Object>* value) {
    const std::uint32_t hash = hash_of(key);
    const Ref<Entry> entry = find(key, hash);
    if (!entry) return false;
    const Ref<Object> target = entry->lock();
    if (value != nullptr) *value = value_of(entry);
    Taken taken;
    const Ref<Buckets> buckets = buckets_.load();
    // Nothing else is taken out: a visit that removes its own entry goes on behind it.
    take_out(buckets->chain_of(hash), taken,
             [&entry](const Entry& other) { return &other == entry.get(); });
    return static_cast<bool>(target);
}

std::size_t WeakMap::size() {
    Taken taken;
    if (const Ref<Buckets> buckets = buckets_.load()) take_all_dead(*buckets, taken);
    return entries_;
}

void WeakMap::clear() {
    entries_ = 0;
    buckets_ = nullptr;
}

}  // namespace ouro
