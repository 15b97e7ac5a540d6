// The caches of contexts: made, filled, used without the lock, taken back. See cell_cache.h.
#include <algorithm>
#include <new>
#include <utility>

#include "heap/paged/verify_blocks.h"
#include "heap/verify_parts.h"
#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/interrupt.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_relaxed;
using platform::memory_order_release;

namespace {

static_assert(port::kContextLocals, "the paged layout keeps caches in ContextLocals");
constexpr std::uint32_t kPlaces = platform::ContextLocals<true>::kPlaces;

/// Held while a context ends, and while a heap gets or gives up its place.
constinit platform::Mutex g_ends_lock;
/// Objects of the type that this context has made, less those that it has ended.
std::ptrdiff_t live_in(CellCache& cache, TypeIndex type) {
    const std::uintptr_t ended = Tally::get(cache.of_type(type).ended);
    return static_cast<std::ptrdiff_t>(Tally::get(cache.of_type(type).made) - ended);
}

/// Whose caches are where in ContextLocals. Written under the lock.
constinit platform::atomic<BlockAllocator*> g_places[kPlaces];

// order: relaxed, both; under the lock, or of a place that is the caller's own or is not.
BlockAllocator* owner_of(std::uint32_t place) { return g_places[place].load(memory_order_relaxed); }
void set_owner(std::uint32_t place, BlockAllocator* owner) {
    g_places[place].store(owner, memory_order_relaxed);
}

}  // namespace

platform::Mutex& BlockAllocator::ends_lock() { return g_ends_lock; }

void BlockAllocator::enter_place(const AllocatorConfig& config) {
    platform::LockGuard guard(g_ends_lock);
    for (std::uint32_t place = 0; place < kPlaces; ++place) {
        if (owner_of(place) != nullptr) continue;
        set_owner(place, this);
        place_.store(place, memory_order_relaxed);  // order: under the lock; see place()
        is_caching_ = true;
        cache_after_ = config.cache_after;
        cache_limit_ = cache_limit_for(config);
        return;
    }
}

void BlockAllocator::stop_caching() {
    platform::LockGuard ends(g_ends_lock);
    platform::LockGuard guard(lock_);
    while (caches_ != nullptr) take_from_owner(*caches_);
    close_taken_caches();
    if (!is_caching_) return;
    set_owner(place(), nullptr);
    place_.store(kNoPlace, memory_order_relaxed);  // order: under the lock; see place()
    is_caching_ = false;
    cache_after_ = 0;
    cache_limit_ = 0;
}

// ---- making, filling

CellCache* BlockAllocator::attach(platform::Context& context) {
    const std::uint32_t types = types_->types_max();
    const auto pages =
        static_cast<std::uint32_t>((CellCache::bytes_needed(types) + kPageBytes - 1) >> kPageShift);
    // Without room for a span as well it were of no use.
    const std::size_t bytes = (pages + 1) * kPageBytes + kept_max();
    if (!is_caching_ || cached_bytes_ + bytes > cache_limit_) return nullptr;
    PageIndex page = runs_.take(pages);
    while (page == kNoPage && dissolve_some()) page = runs_.take(pages);
    if (page == kNoPage) return nullptr;
    set_span_layout(page, {PageLayout::kCache, 0, pages});
    void* memory = reinterpret_cast<void*>(begin_ + page * kPageBytes);
    platform::unpoison(memory, pages * kPageBytes);
    auto* cache = new (memory) CellCache(*this, context, pages, types, stacked_max(), kept_max());
    cache->next = caches_;
    caches_ = cache;
    cached_bytes_ += bytes_of_cache(*cache);
    context.at_end = &BlockAllocator::context_ends;
    // order: relaxed; one thread only, until it is taken away.
    context.places[place()].store(cache, memory_order_relaxed);
    return cache;
}

/// The calling context's cache, made when it has taken the lock often enough; null until then.
CellCache* BlockAllocator::cache_in_time() {
    if (!is_caching_ || platform::is_in_interrupt()) return nullptr;
    platform::Context& context = platform::current_context();
    if (CellCache* cache = cache_of(context)) return cache;
    if (++context.operations <= cache_after_) return nullptr;
    context.operations = 0;
    return attach(context);
}

/// The calling context's cache, with room for a span of the class, whose cells at hand are used up;
/// null if there is none to be had. What it has to let go for that is the class's own if possible.
CellCache* BlockAllocator::cache_with_room(std::uint32_t size_class, std::size_t span_bytes) {
    CellCache* cache = cache_in_time();
    if (cache == nullptr) return nullptr;
    const auto has_room = [&] {
        return cache->current(CellCache::kUnused) != CellCache::kNoSlot &&
               cached_bytes_ + span_bytes <= cache_limit_;
    };
    if (has_room()) return cache;
    std::uint8_t slot = cache->current(size_class);
    for (std::uint32_t looks = 0; slot == CellCache::kNoSlot && looks < CellCache::kSlots;
         ++looks) {
        const std::uint8_t victim = cache->victim++ % CellCache::kSlots;
        if (cache->slots[victim].begin != 0) slot = victim;
    }
    if (slot == CellCache::kNoSlot) return nullptr;
    cache->leave(cache->class_of[slot], slot);
    let_go(*cache, slot);
    cache->enter(CellCache::kUnused, slot);
    return has_room() ? cache : nullptr;
}

/// In a slot of those without a span. Returns how many free cells that are.
std::size_t BlockAllocator::hold(CellCache& cache, std::uint32_t size_class, PageIndex page) {
    PageInfo& info = pages_[page];
    if (!cache.has_asked[size_class]) open_stack(cache, size_class);
    const std::uint8_t at = cache.next_of[cache.current(CellCache::kUnused)];
    cache.leave(CellCache::kUnused, at);
    cache.enter(size_class, at);
    CellCache::Slot& slot = cache.slots[at];
    unlist(page);
    // order: relaxed; under the lock. Who frees a cell and finds it held leaves the span alone.
    info.held.store(at + 1u, memory_order_relaxed);
    slot.begin = begin_ + page * kPageBytes;
    cache.class_of[at] = static_cast<std::uint8_t>(size_class);
    CellCache::take_over(slot, info);
    cached_bytes_ += info.load_layout().pages * kPageBytes;
    return free_cells(page, &slot).count();
}

/// The cells go back to the span, and the span to the others.
void BlockAllocator::let_go(CellCache& cache, std::uint8_t at) {
    CellCache::Slot& slot = cache.slots[at];
    if (slot.begin == 0) return;
    const PageIndex page = page_at(std::exchange(slot.begin, 0));
    PageInfo& info = pages_[page];
    for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
        // order: relaxed, both; under the lock, and the holder is the caller or uses it no more.
        const std::uint64_t bits = slot.bits[word].load(memory_order_relaxed);
        slot.bits[word].store(0, memory_order_relaxed);
        // order: release; pairs with whoever takes the cells.
        if (bits != 0) info.free[word].fetch_or(bits, memory_order_release);
    }
    cached_bytes_ -= info.load_layout().pages * kPageBytes;
    // order: acq_rel; pairs with give().
    info.held.exchange(0, memory_order_acq_rel);
    note_span(page);
}

// ---- taking back

/// From now on the owner finds no cache, once it has left the window it may be in.
void BlockAllocator::take_from_owner(CellCache& cache) {
    CellCache** link = &caches_;
    while (*link != &cache) link = &(*link)->next;
    *link = cache.next;
    cache.next = taken_caches_;
    taken_caches_ = &cache;
    // order: release; ordered before the look at the windows (K2).
    cache.owner->places[place()].store(nullptr, memory_order_release);
    cache.owner = nullptr;
}

/// Nobody uses the cache any more: what it holds and has counted becomes the heap's.
void BlockAllocator::close(CellCache& cache) {
    for (std::uint8_t slot = 0; slot < CellCache::kSlots; ++slot) let_go(cache, slot);
    give_all(cache);
    fold_use(cache);
    folded_.ended_otherwise += Tally::get(cache.tally.ended_otherwise);
    add_ended_in(cache, folded_);
    add_made_in(cache, folded_);
    for (TypeIndex type = 1; type <= cache.types; ++type) {
        const auto live = static_cast<std::uint32_t>(live_in(cache, type));
        TypeTable::Entry* entry = types_->find(type);
        if (entry != nullptr)
            entry->live_objects.fetch_add(live, memory_order_relaxed);  // order: a figure
    }
    const PageIndex page = page_of(&cache);
    const std::uint32_t pages = cache.pages;
    cached_bytes_ -= bytes_of_cache(cache);
    cache.~CellCache();
    platform::poison(reinterpret_cast<void*>(begin_ + page * kPageBytes), pages * kPageBytes);
    runs_.give(page, pages);
}

bool BlockAllocator::close_taken_caches() {
    if (taken_caches_ == nullptr) return true;
    if (!platform::all_windows_closed() && !OURO_MUTANT(cache_taken_at_once)) return false;
    while (taken_caches_ != nullptr) {
        CellCache& cache = *taken_caches_;
        taken_caches_ = cache.next;
        close(cache);
    }
    return true;
}

bool BlockAllocator::empty_caches() {
    platform::LockGuard guard(lock_);
    while (caches_ != nullptr) take_from_owner(*caches_);
    return close_taken_caches();
}

/// The calling context ends: what it has at hand goes back to all heaps.
void BlockAllocator::context_ends(platform::Context& context) {
    if (OURO_MUTANT(cache_kept_at_end)) return;
    platform::LockGuard ends(g_ends_lock);
    for (std::uint32_t place = 0; place < kPlaces; ++place) {
        BlockAllocator* blocks = owner_of(place);
        if (blocks == nullptr) continue;
        platform::LockGuard guard(blocks->lock_);
        if (CellCache* cache = blocks->cache_of(context)) {
            blocks->take_from_owner(*cache);
            blocks->taken_caches_ = cache->next;  // its owner is here: nobody is in a window for it
            blocks->close(*cache);
        }
        blocks->close_taken_caches();  // it may have been taken from the context already
    }
}

/// A context that exists no more may have been in the middle of taking or giving cells: they are
/// lost (one, or what it kept), or the list of their span has to be put right in its stead.
void BlockAllocator::forget_other_contexts() {
    has_lost_cells_ = true;
    for (CellCache** link = &caches_; *link != nullptr;) {
        CellCache& cache = **link;
        if (cache.owner == &platform::current_context()) {
            link = &cache.next;
            continue;
        }
        *link = cache.next;
        close(cache);
    }
    close_taken_caches();
    for (PageIndex page = 0; page < page_count_; ++page) note_span(page);
}

// ---- figures

/// What the owner has used by itself becomes part of the heap's figure.
void BlockAllocator::fold_use(CellCache& cache) {
    used_bytes_max_ = std::max(used_bytes_max_, used_bytes_ + Tally::change(cache.tally.used_max));
    used_bytes_ += Tally::change(cache.tally.used);
    // order: relaxed, both; figures, of the owner or of a cache that nobody uses any more.
    cache.tally.used.store(0, memory_order_relaxed);
    cache.tally.used_max.store(0, memory_order_relaxed);
}

void BlockAllocator::fold_own_use() {
    if (CellCache* cache = cache_of(platform::current_context())) fold_use(*cache);
}

/// What the caller has at hand is not free for others, but could be. Under the lock.
void BlockAllocator::give_own() {
    if (CellCache* cache = cache_of(platform::current_context())) give_all(*cache);
}

std::ptrdiff_t BlockAllocator::live_objects(TypeIndex type) {
    platform::LockGuard guard(lock_);
    std::ptrdiff_t sum = 0;
    for_each_cache([&](CellCache& cache) { sum += live_in(cache, type); });
    return sum;
}

std::size_t BlockAllocator::ended_by_count() {
    platform::LockGuard guard(lock_);
    Tallies sum = folded_;
    add_ends(sum);
    return sum.ended_by_count();
}

/// First those of another end than by count: there are no more of them than ends.
void BlockAllocator::add_ends(Tallies& sum) const {
    for_each_cache([&sum](CellCache& cache) {
        sum.ended_otherwise += Tally::get(cache.tally.ended_otherwise);
    });
    for_each_cache([this, &sum](CellCache& cache) { add_ended_in(cache, sum); });
}

void BlockAllocator::add_ended_in(CellCache& cache, Tallies& sum) const {
    sum.ended_bytes += Tally::get(cache.tally.ended_bytes);
    add_by_type(cache, &CellCache::PerType::ended, sum.ended, sum.ended_bytes);
}

void BlockAllocator::add_made_in(CellCache& cache, Tallies& sum) const {
    sum.made_bytes += Tally::get(cache.tally.made_bytes);
    add_by_type(cache, &CellCache::PerType::made, sum.made, sum.made_bytes);
}

/// Objects of all types, and the bytes of those whose types tell them.
void BlockAllocator::add_by_type(CellCache& cache, Tally::Count CellCache::PerType::* count,
                                 std::size_t& objects, std::size_t& bytes) const {
    for (TypeIndex type = 1; type <= cache.types; ++type) {
        const std::uintptr_t n = Tally::get(cache.of_type(type).*count);
        objects += n;
        bytes += n * types_->shape(type).payload_bytes();
    }
}

// ---- verify()

// A heap that got no place has no caches; one that has given its own up may find another's there.
bool BlockAllocator::has_its_place() const {
    if (!is_bool(is_caching_)) return false;
    if (place() == kNoPlace) return !is_caching_ && cache_limit_ == 0 && cache_after_ == 0;
    // Without the lock, which comes before a pass's (heap/fork.cc).
    return place() < kPlaces && is_caching_ && owner_of(place()) == this;
}

}  // namespace ouro
