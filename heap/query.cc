#include "heap/query.h"

#include "heap/reference_count.h"
#include "heap/values.h"
#include "platform/context.h"

namespace ouro {

namespace {

/// The live object of an id, its word as of now; null when there is none. In a load window.
/// Reading the word before the generation makes the pair consistent: the generation changes only
/// between an end (count 0 first) and the next object's publication.
Header* find_live(const Id& id, WordValue& word) {
    if (!detail::is_object(id.address)) return nullptr;
    Heap* heap = Heap::of(detail::object_of(id.address));
    if (heap == nullptr) return nullptr;
    BlockAllocator& blocks = heap->blocks();
    Header* header = header_of(detail::object_of(id.address));
    const BlockAllocator::Cell cell = blocks.cell_of(header);
    if (cell.page == kNoPage || blocks.header_of_cell(cell) != header) return nullptr;
    word = header->load_word();
    const TypeTable::Entry* type = heap->type_of(header);
    if (type == nullptr) return nullptr;
    // order: acquire; pairs with the publication of the object (release store of the word).
    if (header->generation.load(platform::memory_order_acquire) != id.generation) return nullptr;
    if (word.count() == 0) {
        const TypeInfo* info = type->info.load(platform::memory_order_relaxed);  // order: once
        const bool limbo = info->finalize != nullptr && !word.has(WordValue::kFinalized);
        return limbo ? header : nullptr;
    }
    if (word.has(WordValue::kCondemned) && heap->decision().state() == Decision::committed &&
        header->load_word().bits == word.bits)
        return nullptr;
    return header;
}

bool is_interned(Header* header) {
    return detail::type_of(header->payload()) == &detail::type_info_of<String> &&
           static_cast<String*>(header->payload())->is_interned();
}

std::uint32_t count_of(WordValue word) {
    return word.immortal() ? kImmortal : word.count() == 0 ? 0 : word.user_count();
}

}  // namespace

const char* hex(const Id& id, char* out) {
    char digits[16];
    int count = 0;
    std::uintptr_t rest = id.address;
    do {
        digits[count++] = "0123456789abcdef"[rest & 15];
        rest >>= 4;
    } while (rest != 0);
    char* at = out;
    *at++ = '0';
    *at++ = 'x';
    while (count > 0) *at++ = digits[--count];
    *at = '\0';
    return out;
}

namespace detail {

Id id_of_bits(std::uintptr_t bits) {
    if (is_interned_bits(bits)) bits = address_of_interned(bits);
    if (!is_object(bits)) return {bits, 0};
    // order: relaxed; the caller's reference keeps the object, so the value does not change.
    const std::uint32_t generation =
        header_of(object_of(bits))->generation.load(platform::memory_order_relaxed);
    return {bits, generation};
}

const TypeInfo* type_of(const void* object) {
    Heap* heap = Heap::of(object);
    if (heap == nullptr) return nullptr;
    const TypeTable::Entry* type = heap->type_of(header_of(object));
    return type == nullptr
               ? nullptr
               : type->info.load(platform::memory_order_relaxed);  // order: written once
}

std::uint32_t refcount_of_bits(std::uintptr_t bits) {
    if (!is_object(bits)) return bits == 0 ? 0 : kImmortal;
    return count_of(header_of(object_of(bits))->load_word());
}

}  // namespace detail

Result<std::uint32_t> refcount(const Id& id) {
    if (id.address != 0 && !detail::is_object(id.address)) return kImmortal;
    platform::LoadWindow window;
    WordValue word;
    if (find_live(id, word) == nullptr) return Error::dead;
    return count_of(word);
}

bool is_alive(const Id& id) {
    if (id.address != 0 && !detail::is_object(id.address)) return true;
    platform::LoadWindow window;
    WordValue word;
    return find_live(id, word) != nullptr;
}

Result<Id> object_containing(std::uintptr_t address) {
    Heap* heap = Heap::of(detail::object_of(address));
    if (heap == nullptr) return Error::dead;
    platform::LoadWindow window;
    const BlockAllocator::Cell cell = heap->blocks().cell_of(detail::object_of(address));
    if (cell.page == kNoPage) return Error::dead;
    Header* header = heap->blocks().header_of_cell(cell);
    // order: acquire; as in find_live(), which checks the pair.
    const std::uint32_t generation = header->generation.load(platform::memory_order_acquire);
    const Id id{reinterpret_cast<std::uintptr_t>(header->payload()), generation};
    WordValue word;
    if (find_live(id, word) == nullptr) return Error::dead;
    // Nobody but its own constructor knows an object that is still being constructed.
    if (header->load_info().constructing()) return Error::dead;
    return id;
}

Result<Id> object_at(std::uintptr_t address) {
    auto found = object_containing(address);
    if (!found) return found.error();
    if (found->address != address) return Error::dead;
    return *found;
}

Result<const char*> type_name(const Id& id) {
    if (id.address != 0 && !detail::is_object(id.address))
        return detail::is_small_int_bits(id.address) ? "int" : "constant";
    platform::LoadWindow window;
    WordValue word;
    Header* header = find_live(id, word);
    if (header == nullptr) return Error::dead;
    const TypeTable::Entry* type = Heap::of(header)->type_of(header);
    if (type == nullptr) return Error::dead;
    return type->info.load(platform::memory_order_relaxed)->name;  // order: written once
}

Result<Ref<Object>> resolve(const Id& id) {
    if (id.address != 0 && !detail::is_object(id.address)) return Ref<Object>::adopt(id.address);
    platform::LoadWindow window;
    for (;;) {
        WordValue word;
        Header* header = find_live(id, word);
        if (header == nullptr) return Error::dead;
        if (is_interned(header)) return Ref<Object>::adopt(id.address | detail::kInternedTag);
        switch (detail::try_upgrade(*Heap::of(header), header, word, detail::UpgradeBy::id)) {
            case detail::Upgrade::yes: return Ref<Object>::adopt(id.address);
            case detail::Upgrade::dead: return Error::dead;
            case detail::Upgrade::again: break;
        }
    }
}

}  // namespace ouro
