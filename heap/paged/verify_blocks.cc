// verify() of the paged allocator: the pages tile the region, every span is as its record says, and
// every list is made of the pages that say to be on it. Nothing is believed before it was checked:
// numbers before they are an index, links before they are followed.
#include "heap/paged/verify_blocks.h"

#include "heap/verify_parts.h"

namespace ouro {

using platform::memory_order_relaxed;

bool BlockAllocator::lies_at(void* memory, std::size_t bytes, const AllocatorConfig& config,
                             const TypeTable& types) const {
    const Plan at = plan(memory, bytes);
    if (types_ != &types || page_count_ != at.pages || begin_ != at.begin) return false;
    if (reinterpret_cast<std::uintptr_t>(pages_) != at.records) return false;
    if (!runs_.lies_at(pages_, page_count_) || quarantine_limit_ != config.quarantine_bytes)
        return false;
    if (!has_its_place() || !is_bool(has_lost_cells_)) return false;
    const bool may_cache = quarantine_limit_ == 0 && config.cache_percent != 0;
    if (place() == kNoPlace) return true;
    return may_cache && cache_after_ == config.cache_after &&
           cache_limit_ == cache_limit_for(config);
}

// ---- pages

/// May a span, or one that is being dissolved, be of this class and length?
bool BlockAllocator::is_possible(PageLayout layout) const {
    if (layout.size_class == kLargeClass) return true;
    if (layout.size_class >= kSizeClasses) return false;
    return layout.pages <= kSizeClassTable[layout.size_class].span_pages &&
           capacity_of(layout) != 0;
}

/// Do the pages behind the first say whose they are? Of a free run only the last one does.
bool BlockAllocator::has_tails(PageIndex page, PageLayout layout) const {
    const bool free = layout.kind == PageLayout::kFree;
    for (std::uint32_t i = 1; i < layout.pages; ++i) {
        const PageInfo& tail = pages_[page + i];
        // order: relaxed, both; nobody else is there.
        if (tail.listed != PageInfo::kUnlisted || tail.held.load(memory_order_relaxed) != 0)
            return false;
        const PageLayout wanted{free ? PageLayout::kFreeTail : PageLayout::kSpanTail, 0, i};
        const bool asked = !free || i + 1 == layout.pages;
        // order: relaxed; nobody else is there.
        if (asked && tail.layout.load(memory_order_relaxed) != wanted.encode()) return false;
    }
    return true;
}

/// B3 and B5 for one span; null or what is broken.
const char* BlockAllocator::verify_span(PageIndex page, Met& met) {
    const PageInfo& info = pages_[page];
    const PageLayout layout = info.load_layout();
    const std::uint32_t cells = cells_in(page);
    if (info.cells != cells) return "page record: cells";
    // order: relaxed; nobody else is there.
    const std::uint32_t held = info.held.load(memory_order_relaxed);
    const CellCache::Slot* holder = holder_of(page);
    if ((held != 0) != (holder != nullptr)) return "K3: held by nobody, or not held by its holder";
    met.held += held != 0 ? 1 : 0;
    CellBits twice = free_cells(page, nullptr);
    for (std::uint32_t word = 0; holder != nullptr && word < CellBits::kWords; ++word)
        twice.words[word] &= holder->bits[word].load(memory_order_relaxed);  // order: see above
    const CellBits free = free_cells(page, holder);
    if (holder != nullptr && twice.any()) return "B3: a cell is free twice";
    if (layout.size_class == kLargeClass) {
        if (free.any()) return "B3: a free cell behind the span";
        if (info.listed != PageInfo::kRetired) met.used_bytes += layout.pages * kPageBytes;
        if (info.listed == PageInfo::kAvailable) return "B5: the list of a span";
        if (info.listed == PageInfo::kRetired) met.add_retired(layout);
        return nullptr;
    }
    std::uint32_t free_count = 0;
    for (std::uint32_t cell = 0; cell < kCellsMax; ++cell) {
        const bool is_free = free.test(cell);
        if (is_free && cell >= cells) return "B3: a free cell behind the span";
        if (cell >= cells) continue;
        const bool in_use = header_of_cell({page, cell})->load_info().bits != 0;
        if (is_free && in_use) return "B3: a cell in use is free";
        if (!is_free && !in_use) met.idle.add(header_of_cell({page, cell}));
        free_count += is_free ? 1 : 0;
    }
    const PageInfo::Listed wanted = held != 0 || free_count == 0 ? PageInfo::kUnlisted
                                    : free_count == cells        ? PageInfo::kRetired
                                                                 : PageInfo::kAvailable;
    if (info.listed != wanted) return "B5: the list of a span";
    met.available[layout.size_class] += wanted == PageInfo::kAvailable ? 1 : 0;
    if (wanted == PageInfo::kRetired) met.add_retired(layout);
    met.used_bytes += (cells - free_count) * span_cell_bytes(page);
    return nullptr;
}

const char* BlockAllocator::verify_page(PageIndex page, Met& met) {
    const PageInfo& info = pages_[page];
    const PageLayout layout = info.load_layout();
    // order: relaxed; nobody else is there.
    if (info.layout.load(memory_order_relaxed) != layout.encode()) return "page record: layout";
    const bool is_span = layout.kind == PageLayout::kSpan;
    const bool is_class = is_span || layout.kind == PageLayout::kDissolving;
    if (is_class ? !is_possible(layout) : layout.size_class != 0) return "page record: class";
    // order: relaxed; nobody else is there.
    const bool held = info.held.load(memory_order_relaxed) != 0;
    if (!is_span && (info.listed != PageInfo::kUnlisted || held))
        return "B5: a page on a list that is no span";
    if (layout.kind == PageLayout::kFree) {
        met.free_pages += layout.pages;
        ++met.free_runs;
    } else if (is_span) {
        if (const char* broken = verify_span(page, met)) return broken;
    } else if (layout.kind == PageLayout::kCache) {
        ++met.cache_pages;
    } else if (is_class) {
        ++met.dissolving;
        if (info.cells != capacity_of(layout)) return "page record: cells";
        const CellBits free = free_cells(page, nullptr);
        for (std::uint32_t cell = 0; cell < info.cells; ++cell) {
            if (layout.size_class != kLargeClass && !free.test(cell))
                return "B2: a dissolving span has cells in use";
        }
    } else {
        return "page record: a tail where a head must be";
    }
    return has_tails(page, layout) ? nullptr : "page record: a tail";
}

// ---- lists

/// How many members has the list, each knowing the one before it? None has as many as kNoPage: then
/// it is broken. Ends, because none is found twice: it would have to know two before it.
template <class IsMember>
std::uint32_t BlockAllocator::length_of(PageIndex head, IsMember&& is_member) const {
    PageIndex before = kNoPage;
    std::uint32_t members = 0;
    for (PageIndex page = head; page != kNoPage; page = pages_[page].next) {
        if (page >= page_count_ || pages_[page].prev != before) return kNoPage;
        if (!is_member(pages_[page].load_layout(), pages_[page].listed)) return kNoPage;
        before = page;
        ++members;
    }
    return members;
}

const char* BlockAllocator::verify_lists(const Met& met) {
    for (std::uint32_t c = 0; c < kSizeClasses; ++c) {
        const auto is_available = [c](PageLayout layout, PageInfo::Listed listed) {
            return listed == PageInfo::kAvailable && layout.size_class == c;
        };
        if (length_of(available_[c], is_available) != met.available[c])
            return "B5: the list of a class";
    }
    const auto is_retired = [](PageLayout, PageInfo::Listed listed) {
        return listed == PageInfo::kRetired;
    };
    if (retired_pages_ != met.retired_pages || length_of(retired_, is_retired) != met.retired)
        return "B5: the list of retired spans";
    const auto is_dissolving = [](PageLayout layout, PageInfo::Listed) {
        return layout.kind == PageLayout::kDissolving;
    };
    const std::uint32_t watched = length_of(dissolving_, is_dissolving);
    const std::uint32_t unwatched = length_of(unwatched_, is_dissolving);
    if (watched > met.dissolving || unwatched != met.dissolving - watched)
        return "B2: the lists of dissolving spans";
    if (!runs_.is_sound(met.free_runs)) return "the lists of free runs";
    return verify_quarantine();
}

/// From the oldest on: cells that are neither free nor in use.
const char* BlockAllocator::verify_quarantine() {
    constexpr const char* kBroken = "the quarantine";
    std::size_t bytes = 0;
    const Header* last = nullptr;
    for (Header* header = quarantined_bytes_ == 0 ? nullptr : quarantine_first_;
         header != nullptr;) {
        if (!is_header(header) || header->load_info().bits != 0) return kBroken;
        bytes += cell_bytes(cell_of(header));
        if (bytes > quarantined_bytes_) return kBroken;
        last = header;
        // order: relaxed; written and read under the allocation lock.
        const std::uint32_t link = header->generation.load(memory_order_relaxed);
        header =
            link == 0 ? nullptr : reinterpret_cast<Header*>(begin_ + std::uintptr_t{link - 1} * 16);
    }
    const bool ends = quarantined_bytes_ == 0 || last == quarantine_last_;
    return bytes == quarantined_bytes_ && ends ? nullptr : kBroken;
}

const char* BlockAllocator::verify() {
    platform::LockGuard guard(lock_);
    Met met;
    if (const char* broken = verify_caches(met)) return broken;
    for (PageIndex page = 0; page < page_count_;) {
        const PageLayout layout = pages_[page].load_layout();
        if (layout.pages == 0 || layout.pages > page_count_ - page) return "page record: length";
        if (const char* broken = verify_page(page, met)) return broken;
        page += layout.pages;
    }
    if (met.free_pages != runs_.free_pages()) return "free pages: sum";
    if (met.cache_pages != met.caches) return "page record: a cache that is none";
    if (met.held != met.slots || met.cached_bytes != cached_bytes_) return "K4: sum";
    const char* broken = nullptr;
    for_each_cache([&](const CellCache& cache) {
        if (broken == nullptr) broken = verify_idle(cache, met);
    });
    if (broken != nullptr) return broken;
    if (met.idle.count < met.at_hand.count) return "B3: a cell is free twice";
    if (met.idle != met.at_hand && quarantine_limit_ == 0 && !has_lost_cells_)
        return met.idle.count == met.at_hand.count ? "B3: a cell is free twice"
                                                   : "B3: a cell is lost";
    std::ptrdiff_t used = used_bytes_;
    for_each_cache([&](CellCache& cache) { used += Tally::change(cache.tally.used); });
    if (!has_lost_cells_ && met.used_bytes != static_cast<std::size_t>(used) + quarantined_bytes_)
        return "used bytes: sum";
    return verify_lists(met);
}

}  // namespace ouro
