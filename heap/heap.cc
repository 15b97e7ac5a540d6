#include "heap/heap.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "heap/clear.h"
#include "heap/give_back.h"
#include "heap/reference_count.h"
#include "heap/weak_list.h"
#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/interrupt.h"
#include "platform/mutant.h"
#include "platform/patience.h"
#include "platform/self_test.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

namespace {

constexpr std::size_t kTableAlignment = HeapConfig::kSmall ? 8 : 64;  // a cache line, if any
// Waits of an allocation for load windows to close, before memory counts as exhausted.
constexpr unsigned kWindowWaitsMax = platform::Patience::kYields + 32;
constexpr unsigned kEmergencyRoundsMax = 16;

/// A fork's child knows by their contexts that there were other threads. Where nothing else asks
/// for the context of one that makes or ends an object, this does.
OURO_ALWAYS_INLINE void be_known() {
    if constexpr (!BlockAllocator::kCaches && port::kContextLocals)
        (void)platform::current_context();
}

/// The object, cleared and complete but for what its constructor does, has its first reference.
OURO_ALWAYS_INLINE void publish(Header* header, const TypeInfo& info) {
    const WordValue dead = OURO_MUTANT(version_reset_on_reuse) ? WordValue{} : header->load_word();
    // order: release; pairs with load_word(): who sees the count sees type and cleared fields.
    header->store_word(dead.newborn(!info.tracked()),
                       OURO_ORDER(memory_order_release, newborn_relaxed, memory_order_relaxed));
}

std::size_t round_up(std::size_t value, std::size_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace

Heap::Plan Heap::plan(std::span<std::byte> region, const HeapConfig& config,
                      std::size_t extra_bytes) {
    const auto start = reinterpret_cast<std::uintptr_t>(region.data());
    Plan at;
    at.heap = round_up(start, kTableAlignment) - start;
    at.extra = at.heap + round_up(sizeof(Heap), kTableAlignment);
    at.types = at.extra + round_up(extra_bytes, kTableAlignment);
    at.interned =
        at.types + round_up(TypeTable::bytes_needed(config.types_max, config.field_offsets_max),
                            kTableAlignment);
    at.blocks = at.interned + round_up(config.intern_buckets * sizeof(void*), kTableAlignment);
    return at;
}

/// With every number where it may be: see HeapConfig.
HeapConfig Heap::within_bounds(HeapConfig config) {
    config.nesting_max = std::clamp<std::uint32_t>(config.nesting_max, 2, kNestingMost);
    config.cache_percent = std::min<std::uint32_t>(config.cache_percent, 100);
    return config;
}

Result<Heap*> Heap::create(std::span<std::byte> region, const HeapConfig& wanted,
                           std::size_t extra_bytes) {
    const HeapConfig config = within_bounds(wanted);
    if (config.types_max > InfoValue::kTypesMax || config.types_max == 0)
        return Error::too_many_types;
    if (region.size() > BlockAllocator::kRegionMax) return Error::region_too_large;
    if (!region_is_free(region)) return Error::region_in_use;
    const Plan at = plan(region, config, extra_bytes);
    if (region.size() <= at.blocks) return Error::region_too_small;
    if (!platform::atomics_work_in(region.data(), region.size())) return Error::region_unusable;

    std::byte* const begin = region.data();
    Heap* heap = new (begin + at.heap) Heap(region, config);
    heap->extra_ = begin + at.extra;
    std::memset(heap->extra_, 0, at.types - at.extra);
    heap->types_.init(begin + at.types, config.types_max, config.field_offsets_max);
    heap->interned_.init(begin + at.interned, config.intern_buckets);
    if (!heap->blocks_.init(begin + at.blocks, region.size() - at.blocks, allocator_config(config),
                            heap->types_))
        return Error::region_too_small;
    platform::on_fork(&Heap::before_fork, &Heap::after_fork_in_parent, &Heap::after_fork_in_child);
    if (!heap->enter_registry()) {
        heap->blocks_.abandon();
        return Error::too_many_heaps;
    }
    return heap;
}

void Heap::destroy() {
    shut_down();
    if (live_handles_possible()) return;
    unregister();
}

// ---- making objects

/// Memory may be kept back by a context that was preempted inside a load window: let it run.
Header* Heap::allocate_block(const BlockRequest& request) {
    for (platform::Patience patience;;) {
        Header* header = blocks_.allocate(request);
        if (header != nullptr) return header;
        const bool emptied = blocks_.empty_caches();
        const bool kept_back = !blocks_.tidy() || !emptied;
        header = blocks_.allocate(request);
        const bool may_wait = port::kWaitAllowed && !patience.is_over(kWindowWaitsMax);
        if (header != nullptr || !kept_back || !may_wait) return header;
        patience.wait();
    }
}

/// Attempts to make memory free, from the mildest to the hardest, until the request fits.
Error Heap::make_room(const BlockRequest& request, Header*& header) {
    for (unsigned attempt = 0;; ++attempt) {
        Error reason = Error::out_of_memory;
        if (has_postponed() && attempt == 0) run_postponed(false);
        if (hooks_.emergency != nullptr) reason = hooks_.emergency(hooks_.self, attempt);
        end_withheld(false);
        header = allocate_block(request);
        if (header != nullptr || reason != Error::none) return reason;
    }
}

/// `entry` null: it may be the first object of its type.
OURO_ALWAYS_INLINE Result<Header*> Heap::allocate_counted(const TypeInfo& info,
                                                          TypeTable::Entry* entry,
                                                          std::size_t bytes, Trailing trailing) {
    if (entry == nullptr) {
        platform::LockGuard guard(blocks_.lock());
        auto entered = types_.enter(info);
        if (!entered) return entered.error();
        entry = *entered;
    }
    auto allocated = allocate({bytes, types_.index_of(entry), &info, trailing});
    if (!allocated) return allocated;
    Counters::add(counters_.live_objects);
    Counters::add(counters_.live_bytes, bytes);
    Counters::add(counters_.made);
    entry->live_objects.fetch_add(1, memory_order_relaxed);  // order: only counts
    return allocated;
}

Result<Header*> Heap::allocate(const BlockRequest& request) {
    if (request.bytes > blocks_.payload_max()) return Error::object_too_large;
    Header* header = allocate_block(request);
    if (request.bytes > CandidateSignal::kLargeBytes) signal_.allocated(request.bytes);
    const std::size_t taken = blocks_.use_limit().collect_taken();
    if (OURO_UNLIKELY(taken != 0) && hooks_.taken != nullptr) {
        hooks_.taken(hooks_.self, taken);
        if (header == nullptr) header = allocate_block(request);
    }
    for (unsigned round = 0; header == nullptr; ++round) {
        const std::size_t before = reclaimed();
        const Error reason = make_room(request, header);
        if (header != nullptr) break;
        // What was reclaimed went to other contexts: the memory is not exhausted, only contended.
        if (reclaimed() != before && round < kEmergencyRoundsMax) continue;
        Counters::add(counters_.out_of_memory);
        return reason;
    }
    return header;
}

std::size_t Heap::reclaimed() {
    return blocks_.ended_by_count() + Counters::get(counters_.reclaimed_by_count) +
           Counters::get(counters_.reclaimed_by_collector);
}

OURO_ALWAYS_INLINE Result<void*> Heap::begin_object_body(const TypeInfo& info, std::size_t bytes,
                                                         Trailing trailing) {
    if (is_shut_down()) return Error::shut_down;
    be_known();
    TypeTable::Entry* entry = types_.find(info);
    if (BlockAllocator::kCaches && entry != nullptr) {
        bool folds = false;
        Header* header = blocks_.allocate_cached(bytes, info.variable() ? bytes : 0,
                                                 types_.index_of(entry), folds);
        if (header != nullptr) return begin_at_hand(header, info, bytes, trailing, folds);
    }
    auto allocated = allocate_counted(info, entry, bytes, trailing);
    if (!allocated) return allocated.error();
    Header* header = *allocated;
    clear_payload(header->payload(), bytes, info);
    publish(header, info);
    return header->payload();
}

Result<void*> Heap::begin_object_slowly(const TypeInfo& info, std::size_t bytes,
                                        Trailing trailing) {
    return begin_object_body(info, bytes, trailing);
}

// In a heap that was shut down nobody has anything at hand, but who was here at that moment.
Result<void*> Heap::begin_object(const TypeInfo& info, std::size_t bytes, Trailing trailing) {
    if (platform::is_in_interrupt()) return Error::in_interrupt;  // locks may be held below it
    if constexpr (BlockAllocator::kCaches) {
        const TypeIndex type = types_.index_at_first_look(info);
        const bool is_variable = info.variable();
        Header* header = nullptr;
        bool folds = false;
        if (OURO_LIKELY(type != 0))
            header = blocks_.allocate_at_hand(bytes, is_variable ? bytes : 0, type, folds);
        if (OURO_LIKELY(header != nullptr)) {
            if (OURO_UNLIKELY(bytes > kFewBytes || folds || platform::is_watched()))
                return begin_at_hand(header, info, bytes, trailing, folds);
            clear_few(header->payload(), bytes);
            if (is_variable) Trailing::of(header->payload(), info) = trailing;
            publish(header, info);
            return header->payload();
        }
        return begin_object_slowly(info, bytes, trailing);
    } else {
        return begin_object_body(info, bytes, trailing);
    }
}

/// The rest of begin_object(), of a cell that was at hand.
Result<void*> Heap::begin_at_hand(Header* header, const TypeInfo& info, std::size_t bytes,
                                  Trailing trailing, bool folds) {
    if (folds) blocks_.fold();
    platform::unpoison(header->payload(), bytes);
    std::memset(header->payload(), 0, bytes);
    if (info.variable()) Trailing::of(header->payload(), info) = trailing;
    publish(header, info);
    return header->payload();
}

void Heap::abandon_object(void* object, const TypeInfo& info) {
    Header* header = header_of(object);
    const WordValue word = header->load_word();
    OURO_ASSERT(word.count() == 1, "a constructor that failed has let a reference escape");
    // order: release; the cell is ours alone, the count 0 is what others may see of it.
    header->store_word(word.dead(), memory_order_release);
    if (info.weakly_referable()) cut_weak_references(object, true);
    const Fields fields(object, *type_of(header), info);
    for (std::uint32_t i = 0; info.has_fields() && i < fields.count(); ++i) {
        const std::uintptr_t value = fields[i].exchange(0, memory_order_acq_rel);  // order: any
        if (detail::is_object(value)) detail::release(detail::object_of(value));
    }
    Counters::sub(counters_.made, 1);
    give_back(header, false);
}

// ---- taking objects back

/// Counts an end whose memory goes back under the lock.
void Heap::count_end(TypeTable::Entry& type, std::size_t bytes, bool by_count) {
    type.live_objects.fetch_sub(1, memory_order_relaxed);  // order: only counts
    Counters::sub(counters_.live_objects, 1);
    Counters::sub(counters_.live_bytes, bytes);
    if (by_count) Counters::add(counters_.reclaimed_by_count);
}

void Heap::give_back(Header* header, TypeTable::Entry& type, bool by_count) {
    be_known();
    const std::size_t bytes = Fields::payload_bytes(header, type);
    // A claim pins the memory: leave it to the claim's holder, who sees held with count 0.
    WordValue word;
    for (;;) {
        LinkedWord look(header);
        word = look.value();
        if (!word.has(WordValue::kClaimed) || OURO_MUTANT(claim_does_not_pin)) break;
        // order: acq_rel; pairs with the collector's unclaim, which frees in our stead.
        if (!look.swap(word.with(WordValue::kHeld), platform::memory_order_acq_rel)) continue;
        return count_end(type, bytes, by_count);
    }
    // order: release; who still looks (in a load window) at this word finds it dead.
    header->store_word(word.dead(), platform::memory_order_release);
    const std::size_t own_bytes = TypeTable::Shape{type.shape}.payload_bytes() == 0 ? bytes : 0;
    if (!blocks_.free_cached(header, own_bytes, by_count)) {
        count_end(type, bytes, by_count);
        blocks_.free(header);
    }
    if (OURO_UNLIKELY(is_shut_down())) end_if_last();
}

std::size_t Heap::give_back_dead(PageIndex page, CellBits cells) {
    const std::uint32_t count = cells.count();
    const std::size_t bytes =
        BlockAllocator::kLimitsUse ? count * blocks_.cell_bytes({page, 0}) : 0;
    Counters::add(counters_.reclaimed_by_collector, count);
    if (!blocks_.free_dead_cached(page, cells)) {
        for (std::uint32_t cell = cells.take_first(); cell < kCellsMax; cell = cells.take_first())
            give_back(blocks_.header_of_cell({page, cell}), false);
    }
    if (OURO_UNLIKELY(is_shut_down())) end_if_last();
    return bytes;
}

void Heap::release_memory(Header* header) {
    const WordValue word = header->load_word();
    // order: release; who still looks (in a load window) at this word finds it dead.
    header->store_word(word.dead(), memory_order_release);
    blocks_.free(header);
    if (OURO_UNLIKELY(is_shut_down())) end_if_last();
}

// ---- candidates

void Heap::report_released(const void* object, WordValue before) {
    const BlockAllocator::Cell cell = blocks_.cell_of(header_of(object));
    if (cell.page == kNoPage || !candidates_.report_released(cell, before)) return;
    Counters::add(counters_.candidates_reported);
    signal_.report();
}

void Heap::report_candidate(const void* object) {
    const BlockAllocator::Cell cell = blocks_.cell_of(header_of(object));
    if (cell.page == kNoPage || !candidates_.report(cell)) return;
    Counters::add(counters_.candidates_reported);
    signal_.report();
}

void Heap::report_again(const void* object) {
    const BlockAllocator::Cell cell = blocks_.cell_of(header_of(object));
    if (cell.page != kNoPage && candidates_.report(cell)) signal_.report_again();
}

void Heap::report_page_again(PageIndex page) {
    if (candidates_.list(page)) signal_.report_again();
}

// ---- figures

std::size_t Heap::live_objects() {
    std::size_t counted = 0;
    const Tallies tallies =
        blocks_.tallies([&] { counted = Counters::get(counters_.live_objects); });
    return counted + tallies.made - tallies.ended;
}

Statistics Heap::statistics() {
    const MemoryFigures memory = blocks_.figures();
    Statistics s{};
    const Tallies tallies = blocks_.tallies([&] {
        s.live_objects = Counters::get(counters_.live_objects);
        s.live_bytes = Counters::get(counters_.live_bytes);
        s.reclaimed_by_count = Counters::get(counters_.reclaimed_by_count);
        s.reclaimed_by_collector = Counters::get(counters_.reclaimed_by_collector);
        s.objects_made = Counters::get(counters_.made);
    });
    s.live_objects += tallies.made - tallies.ended;
    s.live_bytes += tallies.made_bytes - tallies.ended_bytes;
    s.objects_made += tallies.made;
    s.reclaimed_by_count += tallies.ended_by_count();
    s.finalizers_run = Counters::get(counters_.finalized);
    s.out_of_memory = Counters::get(counters_.out_of_memory);
    s.emergency_collections = Counters::get(counters_.emergency_collections);
    s.region_bytes = region_.size();
    s.capacity_bytes = memory.capacity_bytes;
    s.used_bytes = memory.used_bytes;
    s.used_bytes_max = memory.used_bytes_max;
    s.free_bytes = memory.free_bytes;
    s.largest_free_block = memory.largest_free_block;
    s.withheld_objects = guards_.count();
    s.quarantined_bytes = memory.quarantined_bytes;
    s.parked_bytes = memory.parked_bytes;
    return s;
}

}  // namespace ouro
