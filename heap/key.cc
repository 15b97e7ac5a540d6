#include "heap/key.h"

#include <optional>

#include "heap/values.h"

namespace ouro {

namespace {

/// Spreads the bits of `value` (the finalizer of SplitMix64).
std::uint32_t mix(std::uint64_t value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return static_cast<std::uint32_t>(value >> 32);
}

std::uint32_t hash_text(std::string_view text) {
    std::uint32_t hash = 2166136261u;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return mix(hash);
}

}  // namespace

bool equal_keys(const Ref<Object>& a, const Ref<Object>& b) {
    if (a == b) return true;
    if (const std::optional<std::int64_t> integer = as_integer(a)) return integer == as_integer(b);
    const Ref<String> text = cast<String>(a);
    if (!text) return false;
    const Ref<String> other = cast<String>(b);
    return other && text->text() == other->text();
}

std::uint32_t hash_key(const Ref<Object>& key) {
    if (const std::optional<std::int64_t> integer = as_integer(key))
        return mix(static_cast<std::uint64_t>(*integer));
    if (const Ref<String> text = cast<String>(key)) return hash_text(text->text());
    return hash_identity(key);
}

std::uint32_t hash_identity(const Ref<Object>& key) { return mix(key.bits()); }

}  // namespace ouro
