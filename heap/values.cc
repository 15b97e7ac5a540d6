#include "heap/values.h"

#include <cstring>

#include "heap/make.h"

namespace ouro {

std::string_view String::text() const {
    const auto* bytes =
        reinterpret_cast<const char*>(this) + Fields::trailing_offset(detail::type_info_of<String>);
    return {bytes, trailing_of(this).byte_count};
}

Result<Ref<Object>> try_integer(Heap& heap, std::int64_t value) {
    if (detail::is_small_int(value))
        return Ref<Object>::adopt(detail::small_int_bits(static_cast<std::int32_t>(value)));
    auto made = try_make<Integer>(heap, value);
    if (!made) return made.error();
    return Ref<Object>(std::move(*made));
}

Result<Ref<String>> try_string(Heap& heap, std::string_view text) {
    if (text.size() >= ~std::uint32_t{0}) return Error::object_too_large;
    const Trailing trailing{0, static_cast<std::uint32_t>(text.size())};
    auto made = try_make_variable<String>(heap, trailing);
    if (!made) return made.error();
    std::memcpy(trailing_bytes(made->get()), text.data(), text.size());
    return std::move(*made);
}

Result<Ref<String>> try_intern(Heap& heap, std::string_view text) {
    String* string = heap.interned().find(text);
    if (string == nullptr) {
        auto made = try_string(heap, text);
        if (!made) return made.error();
        string = heap.interned().enter(made->get());
        if (!string->is_interned()) return made;  // a heap without a table
    }
    return Ref<String>::adopt(reinterpret_cast<std::uintptr_t>(string) | detail::kInternedTag);
}

std::optional<std::int64_t> as_integer(const Ref<Object>& ref) {
    if (detail::is_small_int_bits(ref.bits())) return detail::small_int_of(ref.bits());
    const Ref<Integer> integer = cast<Integer>(ref);
    if (!integer) return std::nullopt;
    return integer->value;
}

// ---- the table

void InternTable::init(void* memory, std::uint32_t buckets) {
    buckets_ = static_cast<String**>(memory);
    bucket_count_ = buckets;
    for (std::uint32_t i = 0; i < buckets; ++i) buckets_[i] = nullptr;
}

String*& InternTable::bucket_of(std::string_view text) {
    std::uint32_t hash = 2166136261u;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return buckets_[hash % bucket_count_];
}

String* InternTable::find(std::string_view text) {
    if (bucket_count_ == 0) return nullptr;
    platform::LockGuard guard(lock_);
    for (String* at = bucket_of(text); at != nullptr; at = at->next_interned()) {
        if (at->text() == text) return at;
    }
    return nullptr;
}

String* InternTable::enter(String* string) {
    if (bucket_count_ == 0) return string;
    platform::LockGuard guard(lock_);
    String*& bucket = bucket_of(string->text());
    for (String* at = bucket; at != nullptr; at = at->next_interned()) {
        if (at->text() == string->text()) return at;
    }
    string->set_interned(bucket);
    bucket = string;
    ++count_;
    detail::make_immortal(string);
    return string;
}

bool InternTable::is_sound(Heap& heap) {
    platform::LockGuard guard(lock_);
    std::uint32_t found = 0;
    for (std::uint32_t i = 0; i < bucket_count_; ++i) {
        for (String* at = buckets_[i]; at != nullptr; at = at->next_interned()) {
            if (found++ == count_ || !heap.is_object(at)) return false;
            // order: relaxed; nobody else is there.
            const TypeInfo* type =
                heap.type_of(header_of(at))->info.load(platform::memory_order_relaxed);
            if (type != &detail::type_info_of<String> || !at->is_interned()) return false;
            if (&bucket_of(at->text()) != &buckets_[i]) return false;
        }
    }
    return found == count_;
}

}  // namespace ouro
