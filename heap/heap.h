// The heap: one region, its memory, its types, and the ends of its objects by count.
//
// A Heap lives at the start of the region it manages. It knows nothing of cycles: it reports
// possible roots (candidates) beside the pages and offers the collector, through hooks, the chance
// to help when memory runs out. User code uses ManagedHeap (gc/managed_heap.h), which joins the
// two.
//
// H1  An object's count is the number of counted references to it: handles, fields, and the heap's
//     own, which the flags held and postponed tell apart.
// H2  Who takes the count to 0 (and nobody else) ends the object.
// H3  User code (finalizers, destructors, callbacks) runs while no lock of the heap is held.
// H4  No recursion on user data: a cascade goes through the dead objects' own first field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "heap/blocks.h"
#include "heap/candidate_signal.h"
#include "heap/decision.h"
#include "heap/error.h"
#include "heap/fields.h"
#include "heap/finalizer_list.h"
#include "heap/intern.h"
#include "heap/statistics.h"
#include "heap/type_table.h"
#include "heap/weak_list.h"
#include "platform/context.h"

namespace ouro {

class Heap;

struct HeapConfig {
    static constexpr bool kSmall = sizeof(void*) == 4;  ///< defaults for small memories

    /// Distinct types of objects, at most 4095 (254 in the compact layout).
    std::uint32_t types_max = kSmall ? 15 : 128;
    /// Sum of the types' fixed fields.
    std::uint32_t field_offsets_max = kSmall ? 64 : 1024;
    /// Objects that one release may end before the rest is left to the collector; 0 = all.
    std::uint32_t cascade_objects_max = 0;
    /// How deep finalizers, destructors and callbacks may end objects that have some themselves,
    /// each on the stack of the one before. What would go deeper ends when the outermost release
    /// has ended, before it returns. At least 2.
    std::uint32_t nesting_max = kSmall ? 4 : 64;
    /// Buckets of the table of interned strings, one pointer each.
    std::uint32_t intern_buckets = kSmall ? 8 : 64;
    /// Freed bytes that are kept back so that a use after free is caught; 0 = none. In the paged
    /// layout only.
    std::size_t quarantine_bytes = 0;
    /// Finalizers as before Python 3.4: by count they run at every death, after weak references
    /// have died; a collection keeps garbage that has them, with all it reaches, and puts it on the
    /// garbage list (Collector::garbage).
    bool legacy_finalizers = false;
    /// Called by make() when there is no memory; returning makes make() stop the program.
    void (*out_of_memory)(Heap& heap, std::size_t bytes) = nullptr;
};

/// What the collector offers the heap. All null until a collector attaches.
struct CollectorHooks {
    void* self = nullptr;
    /// Ends what was put off by nesting too deep, and what else is put off; runs user code.
    void (*settle)(void* self) = nullptr;
    /// Tries to make memory free without running user code, harder with every attempt.
    /// none: it may have helped, retry. out_of_memory: nothing more to try. collector_busy.
    Error (*emergency)(void* self, unsigned attempt) = nullptr;
    /// Around fork(): `before` first waits for the collection under way (lock false, all heaps),
    /// then finishes the pass and takes the collector's locks (lock true); `after` gives all back.
    /// In the child the background thread does not exist.
    void (*before_fork)(void* self, bool lock) = nullptr;
    void (*after_fork)(void* self, bool in_child) = nullptr;
};

class Heap {
public:
    /// Makes a heap of `region`, which must outlive it and be used by nobody else.
    /// `extra_bytes` of the region are set aside, zeroed, for the collector (see extra()).
    /// Fails with region_too_small, region_too_large, region_unusable, region_in_use,
    /// too_many_heaps, too_many_types.
    static Result<Heap*> create(std::span<std::byte> region, const HeapConfig& config = {},
                                std::size_t extra_bytes = 0);
    /// Ends the heap: nothing can be made any more. Objects that handles outside still hold live
    /// on, and with them the heap's records: such handles (in statics, in other threads' locals)
    /// may be released later as ever, as long as the region itself is left alone. Until then the
    /// region can hold no other heap. Time: O(1).
    void destroy();

    /// The heap whose pages contain `address`, or null. Time: O(heaps). Threads: any.
    static Heap* of(const void* address);

    // ---- objects, untyped; the templates in heap/make.h are built on these

    /// Memory for an object of `info`'s type with `bytes` of payload, zeroed, count 1, under
    /// construction. Fails with out_of_memory, collector_busy, object_too_large, too_many_types,
    /// too_many_fields, shut_down, in_interrupt. Time: O(1) plus O(bytes) to clear; an emergency
    /// collection when memory is short.
    Result<void*> begin_object(const TypeInfo& info, std::size_t bytes, Trailing trailing);
    /// The constructor has run: from now on the collector may look into the object.
    void finish_object(void* object);
    /// The constructor has thrown: lets go what the fields hold, cuts weak references, takes the
    /// memory back. No counted reference may be left.
    void abandon_object(void* object, const TypeInfo& info);

    /// Ends an object whose count the caller has just taken to 0; see heap/reclaim.cc. In an
    /// interrupt handler, and where user code is nested too deep, it is put off: flagged in its
    /// header and listed, which cannot fail, until the collector or drain() settles it. ISR: yes.
    /// At most HeapConfig::cascade_objects_max objects now.
    void end_object(void* object);
    /// The same, at most `limit` objects (0 = all). Returns how many ended.
    std::uint32_t end_object(void* object, std::uint32_t limit);
    /// Gives a dead object's memory back, or leaves it to the holder of the claim.
    void give_back(Header* header);
    /// Frees a cell that give_back() has left to the holder of the claim, who has dropped it.
    void release_memory(Header* header);
    /// Reports that `object`, to which the caller gave up one reference of several, may be part of
    /// garbage. It may be gone already. Time: O(1). Threads: any. ISR: yes.
    void report_released(const void* object);
    /// The same for an object that the caller keeps in its place: by a reference, a claim, a load
    /// window.
    void report_candidate(const void* object);
    /// The same by a pass that could not ask the object now. Wakes nobody.
    void report_again(const void* object);
    /// Hands the release of one counted reference, the caller's, to the collector.
    void postpone_release(void* object);
    /// Gives up one counted reference without running user code here: what would end in user code
    /// is postponed. For callers that hold the pass.
    void release_quietly(void* object);
    /// Gives up the heap's own reference around a finalizer that the collector has run.
    void release_held(void* object);
    /// Gives up the reference that postpone_release() took over. Ends at most `limit` objects (0 =
    /// all) now; returns how many. No lock held.
    std::uint32_t settle_postponed(void* object, std::uint32_t limit);
    /// The same for any context: if its end runs user code, it is postponed again, and false.
    bool settle_plain_postponed(void* object);
    /// Runs the releases that were handed over as chains of dead objects. Threads: any.
    /// `allow_user_code` false: puts off objects whose end runs user code. Ends at most `limit`
    /// objects (0 = all); returns how many.
    std::uint32_t run_postponed(bool allow_user_code, std::uint32_t limit = 0);
    /// Cuts the weak references to a dying object. Their callbacks run here, or wait for
    /// run_waiting_callbacks().
    void cut_weak_references(void* object, bool callbacks_now);
    /// Runs callbacks that wait, at most `limit`; returns how many ran. No lock held.
    std::uint32_t run_waiting_callbacks(std::uint32_t limit);
    /// Are ends or callbacks put off that wait for somebody? Those that a context has put off by
    /// nesting too deep do not: it settles them itself. A moment's truth.
    bool has_waiting() const {
        return Counters::get(counters_.postponed) > Counters::get(counters_.nested) ||
               has_waiting_rest();
    }
    /// Are ends or callbacks put off that nobody has settled yet? A moment's truth.
    bool has_postponed() const {
        return Counters::get(counters_.postponed) != 0 || has_waiting_rest();
    }

    TypeTable::Entry* type_of(const Header* header) {
        return types_.find(header->load_info().type());
    }

    // ---- for the collector and for queries

    BlockAllocator& blocks() { return blocks_; }
    CandidatePages& candidates() { return candidates_; }
    TypeTable& types() { return types_; }
    Decision& decision() { return decision_; }
    InternTable& interned() { return interned_; }
    FinalizerList& finalizers() { return finalizers_; }
    platform::Mutex& weak_lock() { return weak_lock_; }
    const HeapConfig& config() const { return config_; }
    CollectorHooks& hooks() { return hooks_; }
    CandidateSignal& signal() { return signal_; }
    void* extra() { return extra_; }
    Counters& counters() { return counters_; }
    Statistics statistics();
    bool is_shut_down() const {
        // order: acquire; pairs with shut_down().
        return shut_down_.load(platform::memory_order_acquire) != 0;
    }
    /// From now on no object can be made.
    void shut_down() { shut_down_.store(1, platform::memory_order_release); }  // order: see above

private:
    Heap(std::span<std::byte> region, const HeapConfig& config) : region_(region), config_(config) {
        if (config_.nesting_max < 2) config_.nesting_max = 2;
    }

    static void before_fork();
    static void after_fork_in_parent();
    static void after_fork_in_child();
    void lock_all();
    void unlock_all(bool in_child);
    bool has_waiting_rest() const {
        // order: acquire; a hint, the callbacks are taken under their lock.
        if (callbacks_wait_.load(platform::memory_order_acquire) != 0) return true;
        // order: acquire; a hint, the chain is taken under its lock.
        return postponed_.load(platform::memory_order_acquire) != nullptr;
    }
    std::size_t payload_bytes(Header* header);
    static bool region_is_free(std::span<std::byte> region);
    void unregister();
    bool live_handles_possible();
    Result<Header*> allocate(const BlockRequest& request);
    Header* allocate_block(const BlockRequest& request);
    Error make_room(const BlockRequest& request, Header*& header);
    std::size_t reclaimed() const;
    void postpone_end(void* object);
    void list_postponed(void* object, WordValue word);
    void settle_nested(platform::Context& context);
    void end_plain(void* object);
    void postpone_again(void* object);
    bool drop_held(Header* header);
    void run_callback(ObjectWeakNode& node);

    std::span<std::byte> region_;
    HeapConfig config_;
    CollectorHooks hooks_;
    CandidateSignal signal_;
    void* extra_ = nullptr;
    BlockAllocator blocks_;
    CandidatePages candidates_{blocks_};
    TypeTable types_;
    Decision decision_;
    InternTable interned_;
    Counters counters_;
    platform::Mutex weak_lock_;
    DueCallbacks waiting_callbacks_;  ///< under the weak lock
    FinalizerList finalizers_;
    platform::atomic<std::uint32_t> callbacks_wait_{0};
    platform::Mutex postponed_lock_;
    platform::atomic<Header*> postponed_{
        nullptr};  ///< chain of dead objects with fields to release
    platform::atomic<std::uint32_t> shut_down_{0};

    friend class Cascade;
};

}  // namespace ouro
