// The compact layout: sets of cards, the first header of each, blocks side by side.
#include "faults/damage_map.h"

namespace ouro::faults {

namespace {

struct Row {
    BitKind kind;
    KindInfo info;
};
constexpr Row kRows[] = {
    {BitKind::heap_record,
     {"heap record", 50, true, "follows from its address and the configuration; lists"}},
    {BitKind::collector_record, {"collector record", 8, true, "the pass has few states; lists"}},
    {BitKind::tables, {"tables", 50, true, "the types say it; interned strings are counted"}},
    {BitKind::card_sets,
     {"card: sets", 70, true, "no set outside a pass; candidates only where a word says so"}},
    {BitKind::card_first, {"card: first header", 90, true, "found by walking the blocks"}},
    {BitKind::word_version, {"word: version", 0, true, "no second copy"}},
    {BitKind::word_count, {"word: count", 0, true, "not below the references from fields"}},
    {BitKind::word_flags,
     {"word: flags", 20, true, "condemned, held, claimed only while something runs"}},
    {BitKind::info_type,
     {"info: type", 80, true, "the index is in the table, the sizes tile the region"}},
    {BitKind::info_flags,
     {"info: flags", 20, true, "nothing is under construction, no set is there"}},
    {BitKind::info_neighbours,
     {"info: neighbours", 90, true, "the block before says the same; the sizes tile the region"}},
    {BitKind::info_scratch, {"word: scratch", 0, true, "written anew before it is read"}},
    {BitKind::generation, {"generation", 0, true, "no second copy"}},
    {BitKind::free_link, {"free block: links", 90, true, "each of a list knows the one before it"}},
    {BitKind::free_size, {"free block: size", 90, true, "twice; the sizes tile the region"}},
    {BitKind::free_header,
     {"free block: header", 20, true, "type 0, no flags but two; the word is not looked at"}},
    {BitKind::field,
     {"field", 80, true, "null, an immediate, or exactly the start of an object in use"}},
    {BitKind::anchor,
     {"weak lists", 10, true, "each knows the one before it; addresses are followed"}},
    {BitKind::trailing, {"length", 80, true, "the sizes tile the region"}},
    {BitKind::payload, {"payload", 0, true, "the program's own bytes"}},
    {BitKind::unused, {"unused", 0, true, "free memory, ends of blocks"}},
};

}  // namespace

const KindInfo* info_of(BitKind kind) {
    for (const Row& row : kRows) {
        if (row.kind == kind) return &row.info;
    }
    return nullptr;
}

const void* DamageMap::begin_of_records(BlockAllocator& blocks) {
    return &blocks.card_word(BlockAllocator::kCandidateCards, 0);
}

/// As BlockAllocator::init() lays them: the sets, a generation and a first header of every card.
void DamageMap::mark_records(BlockAllocator& blocks) {
    const auto* at = static_cast<const std::byte*>(begin_of_records(blocks));
    const std::size_t sets =
        std::size_t{BlockAllocator::kCardSets} * blocks.card_words() * sizeof(std::uint32_t);
    mark(at, sets, BitKind::card_sets);
    at += sets;
    mark(at, blocks.page_count() * sizeof(std::uint16_t), BitKind::generation);
    at += blocks.page_count() * sizeof(std::uint16_t);
    mark(at, blocks.page_count(), BitKind::card_first);
}

void DamageMap::mark_free(Header* header) {
    constexpr unsigned kSizeShift = InfoValue::kGenerationShift;
    mark(header, sizeof *header, BitKind::free_header);
    mark_bits(&header->info, kSizeShift, kSizeShift + 8 * sizeof(Unit), BitKind::free_size);
    mark_bits(&header->info, 0, 1, BitKind::info_neighbours);
    mark(header->payload(), 2 * sizeof(Unit), BitKind::free_link);
    const Header* behind = header + header->load_info().units();
    mark(reinterpret_cast<const Unit*>(behind) - 1, sizeof(Unit), BitKind::free_size);
}

void DamageMap::mark_header(Header* header) {
    mark_bits(&header->word, 0, WordValue::kLevelShift, BitKind::word_flags);
    mark_bits(&header->word, WordValue::kLevelShift, WordValue::kCountShift, BitKind::info_scratch);
    mark_bits(&header->word, WordValue::kCountShift, 32, BitKind::word_count);
    mark_bits(&header->word, 32, 8 * sizeof header->word, BitKind::word_version);
    mark_bits(&header->info, 0, 2, BitKind::info_neighbours);
    mark_bits(&header->info, 2, InfoValue::kTypeShift, BitKind::info_flags);
    mark_bits(&header->info, InfoValue::kTypeShift, InfoValue::kGenerationShift,
              BitKind::info_type);
    mark_bits(&header->info, InfoValue::kGenerationShift, 32, BitKind::generation);
}

}  // namespace ouro::faults
