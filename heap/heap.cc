#include "heap/heap.h"

#include <cstring>
#include <new>

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

constexpr std::size_t kHeapsMax = HeapConfig::kSmall ? 4 : 16;
constexpr std::size_t kTableAlignment = HeapConfig::kSmall ? 8 : 64;  // a cache line, if any
// Waits of an allocation for load windows to close, before memory counts as exhausted.
constexpr unsigned kWindowWaitsMax = platform::Patience::kYields + 32;
constexpr unsigned kEmergencyRoundsMax = 16;

/// A heap and its region, which is not looked at to find out that it is another's: its owner may
/// have taken it back while forgotten handles kept the heap in its place.
struct Place {
    platform::atomic<Heap*> heap{nullptr};
    platform::atomic<std::uintptr_t> begin{0};
    platform::atomic<std::size_t> bytes{0};

    bool is_of(std::span<std::byte> region) const {
        // order: acquire, both; pairs with create().
        return reinterpret_cast<std::uintptr_t>(region.data()) ==
                   begin.load(memory_order_acquire) &&
               region.size() == bytes.load(memory_order_acquire);
    }
    bool overlaps(std::span<std::byte> region) const {
        // order: acquire, both; pairs with create().
        const std::uintptr_t start = begin.load(memory_order_acquire);
        const auto other = reinterpret_cast<std::uintptr_t>(region.data());
        return other < start + bytes.load(memory_order_acquire) && start < other + region.size();
    }
};
constinit Place g_heaps[kHeapsMax];

/// Zeroes all but the Trailing record, which the allocator has written.
void clear_payload(void* payload, std::size_t bytes, const TypeInfo& info) {
    auto* begin = static_cast<std::byte*>(payload);
    if (!info.variable()) {
        std::memset(begin, 0, bytes);
        return;
    }
    auto* trailing = reinterpret_cast<std::byte*>(&Trailing::of(payload, info));
    std::memset(begin, 0, static_cast<std::size_t>(trailing - begin));
    auto* rest = trailing + sizeof(Trailing);
    std::memset(rest, 0, bytes - static_cast<std::size_t>(rest - begin));
}

std::size_t round_up(std::size_t value, std::size_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace

Result<Heap*> Heap::create(std::span<std::byte> region, const HeapConfig& config,
                           std::size_t extra_bytes) {
    if (config.types_max > InfoValue::kTypesMax || config.types_max == 0)
        return Error::too_many_types;
    if (region.size() > BlockAllocator::kRegionMax) return Error::region_too_large;
    if (!region_is_free(region)) return Error::region_in_use;
    const auto start = reinterpret_cast<std::uintptr_t>(region.data());
    const std::size_t skew = round_up(start, kTableAlignment) - start;
    const std::size_t heap_bytes = round_up(sizeof(Heap), kTableAlignment);
    const std::size_t extra = round_up(extra_bytes, kTableAlignment);
    const std::size_t table = round_up(
        TypeTable::bytes_needed(config.types_max, config.field_offsets_max), kTableAlignment);
    const std::size_t interned = round_up(config.intern_buckets * sizeof(void*), kTableAlignment);
    const std::size_t fixed = skew + heap_bytes + extra + table + interned;
    if (region.size() <= fixed) return Error::region_too_small;
    if (!platform::atomics_work_in(region.data(), region.size())) return Error::region_unusable;

    std::byte* at = region.data() + skew;
    Heap* heap = new (at) Heap(region, config);
    at += heap_bytes;
    heap->extra_ = at;
    std::memset(at, 0, extra);
    at += extra;
    heap->types_.init(at, config.types_max, config.field_offsets_max);
    at += table;
    heap->interned_.init(at, config.intern_buckets);
    at += interned;
    if (!heap->blocks_.init(at, region.size() - fixed, config.quarantine_bytes, heap->types_))
        return Error::region_too_small;
    platform::on_fork(&Heap::before_fork, &Heap::after_fork_in_parent, &Heap::after_fork_in_child);
    for (Place& place : g_heaps) {
        Heap* expected = nullptr;
        // order: acq_rel; pairs with of(): the heap is complete before it can be found.
        if (!place.heap.compare_exchange(expected, heap, memory_order_acq_rel,
                                         memory_order_acquire))
            continue;
        // order: release, both; pairs with of() and overlaps(): now it is found.
        place.begin.store(start, memory_order_release);
        place.bytes.store(region.size(), memory_order_release);
        return heap;
    }
    return Error::too_many_heaps;
}

void Heap::destroy() {
    shut_down();
    if (live_handles_possible()) return;
    unregister();
}

// Interned strings never end; handles to them must not outlive the region's use as this heap.
bool Heap::live_handles_possible() {
    return Counters::get(counters_.live_objects) > interned_.count();
}

void Heap::unregister() {
    for (Place& place : g_heaps) {
        // order: acquire; pairs with create().
        if (place.heap.load(memory_order_acquire) != this) continue;
        // order: acq_rel; nobody finds the heap after this. One of several who saw its end does it.
        if (place.bytes.exchange(0, memory_order_acq_rel) == 0) continue;
        blocks_.abandon();
        place.heap.store(nullptr, memory_order_release);  // order: the place is another's
    }
}

// A heap that was shut down leaves its place when the last handle to its objects has gone, or the
// region with it.
bool Heap::region_is_free(std::span<std::byte> region) {
    for (Place& place : g_heaps) {
        if (!place.overlaps(region)) continue;
        Heap* heap = place.heap.load(memory_order_acquire);  // order: pairs with create()
        if (heap == nullptr) continue;
        // Memory that was taken back and comes to this caller anew has nothing of the heap in it.
        const auto start = reinterpret_cast<std::uintptr_t>(region.data());
        const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(heap) - start;
        const bool visible = at < region.size() && region.size() - at >= sizeof(Heap);
        if (visible && !place.is_of(heap->region_)) {
            platform::unpoison(region.data(), region.size());
            // order: release, both; the place is another's.
            place.bytes.store(0, memory_order_release);
            place.heap.store(nullptr, memory_order_release);
            continue;
        }
        if (!heap->is_shut_down() || heap->live_handles_possible()) return false;
        heap->unregister();
    }
    return true;
}

Heap* Heap::of(const void* address) {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    for (Place& place : g_heaps) {
        // order: acquire, both; pairs with create(). The heap has the last word, should it change.
        const std::size_t bytes = place.bytes.load(memory_order_acquire);
        if (at - place.begin.load(memory_order_acquire) >= bytes) continue;
        Heap* heap = place.heap.load(memory_order_acquire);  // order: pairs with create()
        if (heap != nullptr && heap->blocks_.contains(address)) return heap;
    }
    return nullptr;
}

// ---- fork
//
// The child has one thread. First the collections of all heaps are waited for, then every lock is
// taken, in the heap's order and with no pass under way, so the child finds consistent structures
// and can give the locks back. Threads of the parent that were in the middle of an operation leave
// what they held: a leak in the child, nothing worse.

void Heap::lock_all() {
    weak_lock_.lock();
    postponed_lock_.lock();
    interned_.lock().lock();
    blocks_.lock().lock();
}

void Heap::unlock_all(bool in_child) {
    blocks_.lock().unlock();
    interned_.lock().unlock();
    postponed_lock_.unlock();
    weak_lock_.unlock();
    if (in_child) {
        signal_.wake().forget_waiters();
        candidates_.list_again();
    }
    if (hooks_.after_fork != nullptr) hooks_.after_fork(hooks_.self, in_child);
}

// The heaps that are locked around the fork; others may be made or end between the handlers.
static Heap* g_forking[kHeapsMax];
void Heap::before_fork() {
    for (std::size_t i = 0; i < kHeapsMax; ++i) {
        g_forking[i] = g_heaps[i].heap.load(memory_order_acquire);  // order: pairs with create()
    }
    for (const bool lock : {false, true}) {
        for (Heap* heap : g_forking) {
            if (heap != nullptr && heap->hooks_.before_fork != nullptr)
                heap->hooks_.before_fork(heap->hooks_.self, lock);
        }
    }
    for (Heap* heap : g_forking) {
        if (heap != nullptr) heap->lock_all();
    }
}

void Heap::after_fork_in_parent() {
    for (Heap* heap : g_forking) {
        if (heap != nullptr) heap->unlock_all(false);
    }
}

void Heap::after_fork_in_child() {
    platform::forget_other_contexts();
    for (Heap* heap : g_forking) {
        if (heap != nullptr) heap->unlock_all(true);
    }
}

// ---- making objects

/// Memory may be kept back by a context that was preempted inside a load window: let it run.
Header* Heap::allocate_block(const BlockRequest& request) {
    for (platform::Patience patience;;) {
        Header* header = blocks_.allocate(request);
        if (header != nullptr) return header;
        const bool kept_back = !blocks_.tidy();
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
        header = allocate_block(request);
        if (header != nullptr || reason != Error::none) return reason;
    }
}

Result<Header*> Heap::allocate(const BlockRequest& request) {
    if (request.bytes > blocks_.payload_max()) return Error::object_too_large;
    Header* header = allocate_block(request);
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

std::size_t Heap::reclaimed() const {
    return Counters::get(counters_.reclaimed_by_count) +
           Counters::get(counters_.reclaimed_by_collector);
}

Result<void*> Heap::begin_object(const TypeInfo& info, std::size_t bytes, Trailing trailing) {
    if (platform::is_in_interrupt()) return Error::in_interrupt;  // locks may be held below it
    if (is_shut_down()) return Error::shut_down;
    TypeTable::Entry* entry = types_.find(info);
    if (entry == nullptr) {
        platform::LockGuard guard(blocks_.lock());
        auto entered = types_.enter(info);
        if (!entered) return entered.error();
        entry = *entered;
    }
    auto allocated = allocate({bytes, types_.index_of(entry), &info, trailing});
    if (!allocated) return allocated.error();
    Header* header = *allocated;
    clear_payload(header->payload(), bytes, info);
    const WordValue dead = OURO_MUTANT(version_reset_on_reuse) ? WordValue{} : header->load_word();
    // order: release; pairs with load_word(): who sees the count sees type and cleared fields.
    header->store_word(dead.newborn(info.tracked() ? 0 : WordValue::kMarked),
                       OURO_ORDER(memory_order_release, newborn_relaxed, memory_order_relaxed));
    Counters::add(counters_.live_objects);
    Counters::add(counters_.live_bytes, bytes);
    Counters::add(counters_.made);
    entry->live_objects.fetch_add(1, memory_order_relaxed);  // order: only counts
    return header->payload();
}

void Heap::finish_object(void* object) {
    Header* header = header_of(object);
    // order: release; pairs with load_info(): the constructor's plain initialization of the fields
    // is done before the collector looks into them.
    header->end_construction(
        OURO_ORDER(memory_order_release, finished_relaxed, memory_order_relaxed));
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
    give_back(header);
}

// ---- taking objects back

/// Of an object whose size can be told: from its type, or from its Trailing record.
std::size_t Heap::payload_bytes(Header* header) {
    const TypeInfo& info = *type_of(header)->info.load(memory_order_relaxed);  // order: once
    if (!info.variable()) return info.size;
    return Fields::variable_bytes(info, Trailing::of(header->payload(), info));
}

void Heap::give_back(Header* header) {
    TypeTable::Entry* entry = type_of(header);
    entry->live_objects.fetch_sub(1, memory_order_relaxed);  // order: only counts
    Counters::sub(counters_.live_objects, 1);
    Counters::sub(counters_.live_bytes, payload_bytes(header));
    // A claim pins the memory: leave it to the claim's holder, who sees held with count 0.
    for (;;) {
        LinkedWord look(header);
        if (!look.value().has(WordValue::kClaimed) || OURO_MUTANT(claim_does_not_pin)) break;
        // order: acq_rel; pairs with the collector's unclaim, which frees in our stead.
        if (look.swap(look.value().with(WordValue::kHeld), memory_order_acq_rel)) return;
    }
    release_memory(header);
}

void Heap::release_memory(Header* header) {
    const WordValue word = header->load_word();
    // order: release; who still looks (in a load window) at this word finds it dead.
    header->store_word(word.dead(), memory_order_release);
    blocks_.free(header);
    if (OURO_UNLIKELY(is_shut_down()) && !live_handles_possible()) unregister();
}

// ---- candidates

void Heap::report_released(const void* object) {
    const BlockAllocator::Cell cell = blocks_.cell_of(header_of(object));
    if (cell.page == kNoPage || !candidates_.report_released(cell)) return;
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

// ---- figures

Statistics Heap::statistics() {
    const MemoryFigures memory = blocks_.figures();
    Statistics s{};
    s.live_objects = Counters::get(counters_.live_objects);
    s.live_bytes = Counters::get(counters_.live_bytes);
    s.objects_made = Counters::get(counters_.made);
    s.reclaimed_by_count = Counters::get(counters_.reclaimed_by_count);
    s.reclaimed_by_collector = Counters::get(counters_.reclaimed_by_collector);
    s.finalizers_run = Counters::get(counters_.finalized);
    s.out_of_memory = Counters::get(counters_.out_of_memory);
    s.emergency_collections = Counters::get(counters_.emergency_collections);
    s.region_bytes = region_.size();
    s.capacity_bytes = memory.capacity_bytes;
    s.used_bytes = memory.used_bytes;
    s.used_bytes_max = memory.used_bytes_max;
    s.free_bytes = memory.free_bytes;
    s.largest_free_block = memory.largest_free_block;
    s.quarantined_bytes = memory.quarantined_bytes;
    return s;
}

}  // namespace ouro
