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
#include "heap/guards.h"
#include "heap/heap_config.h"
#include "heap/intern.h"
#include "heap/statistics.h"
#include "heap/type_table.h"
#include "heap/weak_list.h"
#include "platform/context.h"

namespace ouro {

class Heap;

/// What the collector offers the heap. All null until a collector attaches.
struct CollectorHooks {
    void* self = nullptr;
    /// Ends what was put off by nesting too deep, and what else is put off; runs user code.
    void (*settle)(void* self) = nullptr;
    /// Tries to make memory free without running user code, harder with every attempt.
    /// none: it may have helped, retry. out_of_memory: nothing more to try. collector_busy.
    Error (*emergency)(void* self, unsigned attempt) = nullptr;
    /// An allocation has taken so many bytes while more were in use than the limit says
    /// (BlockAllocator::use_limit()). Runs no user code.
    void (*taken)(void* self, std::size_t bytes) = nullptr;
    /// With legacy finalizers: the object is about to run user code, the finalizer at its end by
    /// count or a weak reference's callback that has waited. A counted reference holds it.
    void (*legacy_user_code)(void* self, Header* header) = nullptr;
    /// Around fork(): `before` first waits for the collection under way (lock false, all heaps),
    /// then finishes the pass and takes the collector's locks (lock true); `after` gives all back.
    /// In the child the background thread does not exist.
    void (*before_fork)(void* self, bool lock) = nullptr;
    void (*after_fork)(void* self, bool in_child) = nullptr;

    bool operator==(const CollectorHooks&) const = default;
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
    /// too_many_fields, shut_down, in_interrupt. Time: O(1) plus O(bytes) to clear; a part of the
    /// collector's work when it falls behind (CollectorConfig::assist_bytes); an emergency
    /// collection when memory is short.
    Result<void*> begin_object(const TypeInfo& info, std::size_t bytes, Trailing trailing);
    /// The constructor has run: from now on the collector may look into the object.
    static void finish_object(void* object) {
        // order: release; pairs with load_info(): the constructor's plain initialization of the
        // fields is done before the collector looks into them.
        header_of(object)->end_construction(
            OURO_ORDER(memory_order_release, finished_relaxed, memory_order_relaxed));
    }
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
    /// The short way for an object whose end is that its memory goes back, and nothing else. False:
    /// it is none, or may not end now. The count is 0, as for end_object(). ISR: yes.
    bool end_as_memory(void* object);
    /// Is this context so deep in user code that it may end nothing? Its outermost release will.
    bool nests_too_deep() const;
    /// The same as a part of its caller (heap/give_back.h), in layouts with caches.
    bool end_at_hand(void* object);
    /// Gives a dead object's memory back, or leaves it to the holder of the claim. `by_count`: its
    /// count has ended it.
    void give_back(Header* header, TypeTable::Entry& type, bool by_count);
    void give_back(Header* header, bool by_count) { give_back(header, *type_of(header), by_count); }
    /// The same for what its count has ended, as a part of its caller (heap/give_back.h). Its bytes
    /// are added to `freed`, where anybody asks.
    void give_back_inline(Header* header, TypeTable::Entry& type, std::size_t& freed);
    /// Gives back the memory of objects of one page that a pass has ended: their words are dead,
    /// without a claim. Returns their bytes. Time: O(cells).
    std::size_t give_back_dead(PageIndex page, CellBits cells);
    /// Frees a cell that give_back() has left to the holder of the claim, who has dropped it.
    void release_memory(Header* header);
    /// Reports that `object`, to which the caller gave up one reference of several when its word
    /// was `before`, may be part of garbage. It may be gone already. Time: O(1), again for each
    /// change of the same word meanwhile. Threads: any. ISR: yes.
    void report_released(const void* object, WordValue before);
    /// The same for an object that the caller keeps in its place: by a reference, a claim, a load
    /// window.
    void report_candidate(const void* object);
    /// The same by a pass that could not ask the object now. Wakes nobody.
    void report_again(const void* object);
    /// The same for all candidates of a page that was taken off the list.
    void report_page_again(PageIndex page);
    /// Hands the release of one counted reference, the caller's, to the collector.
    void postpone_release(void* object);
    /// Gives up one counted reference without running user code here: what would end in user code
    /// is postponed. For callers that hold the pass. Returns the bytes of what has ended, about.
    std::size_t release_quietly(void* object);
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
    /// Ends what was withheld while guards were open, as far as it may end by now (heap/guards.h).
    /// Otherwise as run_postponed().
    std::uint32_t end_withheld(bool allow_user_code, std::uint32_t limit = 0);
    /// Cuts the weak references to a dying object. Their callbacks run here, or wait for
    /// run_waiting_callbacks().
    void cut_weak_references(void* object, bool callbacks_now);
    /// Runs callbacks that wait, at most `limit`; returns how many ran. No lock held.
    /// `ended`: weak references that only the wait for their callback had kept are added to it.
    std::uint32_t run_waiting_callbacks(std::uint32_t limit, std::size_t& ended);
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
    Guards& guards() { return guards_; }
    platform::Mutex& weak_lock() { return weak_lock_; }
    const HeapConfig& config() const { return config_; }
    std::size_t region_bytes() const { return region_.size(); }
    const void* region_begin() const { return region_.data(); }
    CollectorHooks& hooks() { return hooks_; }
    CandidateSignal& signal() { return signal_; }
    void* extra() { return extra_; }
    Counters& counters() { return counters_; }
    Statistics statistics();
    /// Objects that have ended. Time: O(contexts * types).
    std::size_t reclaimed();
    bool is_shut_down() const {
        // order: acquire; pairs with shut_down().
        return (life_.load(platform::memory_order_acquire) & kShutDown) != 0;
    }
    /// From now on no object can be made.
    void shut_down();

    // ---- for verify()

    /// Does this record say what create() has written, and is it in a state that it can be in at
    /// rest? Null or what does not. Believes nothing but its own address and the registry.
    const char* verify_record();
    /// Are the lists that begin here whole? The objects have been found sound. Null or the first
    /// that is not. Time: O(objects).
    const char* verify_lists();
    /// Is it an object of this heap, in use?
    bool is_object(const void* address) {
        if (!blocks_.contains(address)) return false;
        const Header* header = header_of(address);
        return blocks_.is_header(header) && header->load_info().type() != 0;
    }
    /// Is this the child of a fork, and were there other threads? Then their operations may have
    /// been cut short: what they had in hand is lost, never freed and in no sum.
    bool is_inherited() const {
        // order: relaxed; one thread only, the child's first, has set it before all others.
        return (life_.load(platform::memory_order_relaxed) & kInherited) != 0;
    }

private:
    class Nested;

    Heap(std::span<std::byte> region, const HeapConfig& config)
        : region_(region), config_(config), life_(config.legacy_finalizers ? kLegacy : 0) {
        guards_.init(region.size() / kWithheldShare);
    }
    static HeapConfig within_bounds(HeapConfig config);

    static constexpr std::size_t kWithheldShare = 64;      // of the region, by guards
    static constexpr std::uint32_t kNestingMost = 0xffff;  // what Context::cascade_depth holds

    /// Where create() puts what, in bytes from the start of the region.
    struct Plan {
        std::size_t heap, extra, types, interned, blocks;
    };
    static Plan plan(std::span<std::byte> region, const HeapConfig& config,
                     std::size_t extra_bytes);
    static AllocatorConfig allocator_config(const HeapConfig& config) {
        return {config.quarantine_bytes, config.cache_percent, config.cache_after};
    }
    const char* verify_locks();
    bool is_chain_sound();

    static void before_fork();
    static void after_fork_in_parent();
    static void after_fork_in_child();
    void lock_all();
    void unlock_all(bool in_child, bool others_are_gone);
    bool has_waiting_rest() const {
        // order: acquire; a hint, the callbacks are taken under their lock.
        if (callbacks_wait_.load(platform::memory_order_acquire) != 0) return true;
        // order: acquire; a hint, the chain is taken under its lock.
        if (postponed_.load(platform::memory_order_acquire) != nullptr) return true;
        return guards_.ended() != 0;
    }
    std::size_t live_objects();
    static bool region_is_free(std::span<std::byte> region);
    bool enter_registry();
    void unregister();
    bool live_handles_possible();
    void end_if_last();
    bool give_back_at_hand(Header* header, TypeIndex type, std::size_t bytes,
                           std::size_t own_bytes);
    Result<void*> begin_object_body(const TypeInfo& info, std::size_t bytes, Trailing trailing);
    Result<void*> begin_object_slowly(const TypeInfo& info, std::size_t bytes, Trailing trailing);
    Result<void*> begin_at_hand(Header* header, const TypeInfo& info, std::size_t bytes,
                                Trailing trailing, bool folds);
    Result<Header*> allocate_counted(const TypeInfo& info, TypeTable::Entry* entry,
                                     std::size_t bytes, Trailing trailing);
    Result<Header*> allocate(const BlockRequest& request);
    Header* allocate_block(const BlockRequest& request);
    Error make_room(const BlockRequest& request, Header*& header);
    void count_end(TypeTable::Entry& type, std::size_t bytes, bool by_count);
    void postpone_end(void* object);
    void list_postponed(void* object, WordValue word);
    bool count_put_off(platform::Context& context);
    static void settle_nested(platform::Context& context);
    bool end_plain(void* object, std::size_t& freed);
    void postpone_again(void* object);
    bool drop_held(Header* header);
    static bool run_callback(ObjectWeakNode& node);
    void announce_legacy_user_code(Header* header) {
        if (OURO_UNLIKELY(config_.legacy_finalizers) && hooks_.legacy_user_code != nullptr)
            hooks_.legacy_user_code(hooks_.self, header);
    }

    // Seldom written.
    std::span<std::byte> region_;
    std::uint32_t number_ = 0;  ///< of its place in the registry
    HeapConfig config_;
    CollectorHooks hooks_;
    void* extra_ = nullptr;
    TypeTable types_;
    InternTable interned_;
    static constexpr std::uint32_t kShutDown = 1;
    static constexpr std::uint32_t kInherited = 2;
    /// A second copy of HeapConfig::legacy_finalizers, which never changes.
    static constexpr std::uint32_t kLegacy = 4;
    platform::atomic<std::uint32_t> life_;

    BlockAllocator blocks_;
    // By whoever reports candidates, and by the pass.
    alignas(HeapConfig::kLine) alignas(CandidatePages) CandidatePages candidates_{blocks_};
    CandidateSignal signal_;
    Decision decision_;
    // By anybody.
    alignas(HeapConfig::kLine) alignas(Counters) Counters counters_;
    platform::Mutex weak_lock_;
    DueCallbacks waiting_callbacks_;  ///< under the weak lock
    FinalizerList finalizers_;
    platform::atomic<std::uint32_t> callbacks_wait_{0};
    platform::Mutex postponed_lock_;
    platform::atomic<Header*> postponed_{
        nullptr};  ///< chain of dead objects with fields to release
    [[no_unique_address]] Guards guards_;

    friend class Cascade;
};

}  // namespace ouro
