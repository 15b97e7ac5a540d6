#include "heap/query.h"

#include "heap/reference_count.h"
#include "heap/values.h"
#include "platform/context.h"
#include "platform/mutant.h"

namespace ouro {

namespace {

/// The header at an id's address, if there is one there, and its heap, which is not asked for
/// again: it may be none any more by then. In a load window.
Header* find_header(const Id& id, Heap*& heap) {
    if (!detail::is_object(id.address)) return nullptr;
    heap = Heap::of(detail::object_of(id.address));
    Header* header = header_of(detail::object_of(id.address));
    return heap != nullptr && heap->blocks().is_header(header) ? header : nullptr;
}

/// Is the object of this word, which was just read, the id's, and alive? In a load window.
/// Reading the word before the generation makes the pair consistent: the generation changes only
/// between an end (count 0 first) and the next object's publication.
bool is_live(Heap& heap, Header* header, WordValue word, const Id& id) {
    const TypeTable::Entry* type = heap.type_of(header);
    if (type == nullptr || header->load_generation() != id.generation) return false;
    if (word.count() == 0) {
        const TypeInfo* info = type->info.load(platform::memory_order_relaxed);  // order: once
        return info->finalize != nullptr && !word.has(WordValue::kFinalized);    // limbo
    }
    if (!word.has(WordValue::kCondemned)) return true;
    const Decision::Snapshot decision = heap.decision().load();
    return decision.state() != Decision::committed ||
           !header->load_word().has(WordValue::kCondemned) || !(heap.decision().load() == decision);
}

/// The live object of an id, its word as of now; null when there is none. In a load window.
Header* find_live(const Id& id, WordValue& word) {
    Heap* heap = nullptr;
    Header* header = find_header(id, heap);
    if (header == nullptr) return nullptr;
    word = header->load_word();
    return is_live(*heap, header, word, id) ? header : nullptr;
}

/// Of a live object with this word. Any but an immortal one may have ended since: its memory, which
/// is asked here, may be an interned string's by now.
bool is_interned(Header* header, WordValue word) {
    if (!word.immortal() && !OURO_MUTANT(interned_by_memory)) return false;
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
    return {bits, header_of(object_of(bits))->load_generation()};
}

const TypeInfo* type_of(const void* object) {
    Heap* heap = Heap::of(object);
    if (heap == nullptr) return nullptr;
    const TypeTable::Entry* type = heap->type_of(header_of(object));
    return type == nullptr
               ? nullptr
               : type->info.load(platform::memory_order_relaxed);  // order: written once
}

bool is_immediate(std::uintptr_t bits) {
    if (bits == kNoneBits || bits == kFalseBits || bits == kTrueBits) return true;
    if (is_small_int_bits(bits)) return bits / kSmallIntStep <= kSmallIntMax - kSmallIntMin;
    if (!is_interned_bits(bits)) return false;
    void* string = reinterpret_cast<void*>(address_of_interned(bits));
    Heap* heap = Heap::of(string);
    if (heap == nullptr) return false;
    Header* header = header_of(string);
    platform::LoadWindow window;
    return heap->blocks().is_header(header) && heap->type_of(header) != nullptr &&
           header->load_word().immortal();
}

std::uint32_t refcount_of_bits(std::uintptr_t bits) {
    if (!is_object(bits)) return bits == 0 ? 0 : kImmortal;
    return count_of(header_of(object_of(bits))->load_word());
}

}  // namespace detail

namespace {
/// Is it the id of an immediate? Nothing else has an odd address.
bool is_of_immediate(const Id& id) {
    return id.generation == 0 && detail::is_immediate(id.address);
}
}  // namespace

Result<std::uint32_t> refcount(const Id& id) {
    if (is_of_immediate(id)) return kImmortal;
    platform::LoadWindow window;
    WordValue word;
    if (find_live(id, word) == nullptr) return Error::dead;
    return count_of(word);
}

bool is_alive(const Id& id) {
    if (is_of_immediate(id)) return true;
    platform::LoadWindow window;
    WordValue word;
    return find_live(id, word) != nullptr;
}

Result<Id> object_containing(std::uintptr_t address) {
    Heap* heap = Heap::of(detail::object_of(address));
    if (heap == nullptr) return Error::dead;
    platform::LoadWindow window;
    const BlockAllocator::Cell cell = heap->blocks().cell_containing(detail::object_of(address));
    if (cell.page == kNoPage) return Error::dead;
    Header* header = heap->blocks().header_of_cell(cell);
    const Id id{reinterpret_cast<std::uintptr_t>(header->payload()), header->load_generation()};
    // Once more, now that it is known whose memory is meant: at the first look it may have been
    // free memory that has been divided since.
    const BlockAllocator::Cell again = heap->blocks().cell_containing(detail::object_of(address));
    if (heap->blocks().header_of_cell(again) != header && !OURO_MUTANT(contained_at_first_look))
        return Error::dead;
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
    if (is_of_immediate(id)) return detail::is_small_int_bits(id.address) ? "int" : "constant";
    platform::LoadWindow window;
    Heap* heap = nullptr;
    Header* header = find_header(id, heap);
    if (header == nullptr) return Error::dead;
    // Before the rest: if the object is there then, it was there before, and the type is its.
    const TypeTable::Entry* type = heap->type_of(header);
    if (type == nullptr || !is_live(*heap, header, header->load_word(), id)) return Error::dead;
    if (OURO_MUTANT(named_by_memory)) type = heap->type_of(header);
    return type->info.load(platform::memory_order_relaxed)->name;  // order: written once
}

Result<Ref<Object>> resolve(const Id& id) {
    if (is_of_immediate(id)) return Ref<Object>::adopt(id.address);
    platform::LoadWindow window;
    Heap* heap = nullptr;
    Header* header = find_header(id, heap);
    while (header != nullptr) {
        LinkedWord look(header);
        if (!is_live(*heap, header, look.value(), id)) break;
        if (is_interned(header, look.value()))
            return Ref<Object>::adopt(id.address | detail::kInternedTag);
        switch (detail::try_upgrade(*heap, header, look, detail::UpgradeBy::id)) {
            case detail::Upgrade::yes: return Ref<Object>::adopt(id.address);
            case detail::Upgrade::dead: return Error::dead;
            case detail::Upgrade::again: break;
        }
    }
    return Error::dead;
}

}  // namespace ouro
