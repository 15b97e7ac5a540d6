// The collector: who runs passes, when, and the control surface that Python's gc module has.
//
// Ownership, in two layers. The *pass lock* is held for one bounded step of a pass at a time; any
// context may take it and continue the pass that is under way (G5), so nobody waits for more than
// one step of somebody else. The *collection* (one at a time, with its callbacks, finalizers and
// batch) belongs to one context from start to stop; user code runs inside it with no lock held.
// A request for memory needs only the pass lock: it finishes the pass under way or runs one of its
// own that leaves objects with user code alone.
//
// C1  User code runs with no lock of the heap held.
// C2  collect() from inside a callback or finalizer of the same heap's collection, on the same
//     context, returns 0 at once.
// C3  Nothing is lost: what cannot be decided now stays on a list of candidates.
// C4  A collection does not wait for other contexts' user code, which may itself be waiting for the
//     collection; and the collector's thread takes it again only after those who wait for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "gc/batch.h"
#include "gc/collecting_scope.h"
#include "gc/pacing.h"
#include "gc/pass.h"
#include "gc/pass_lock.h"
#include "heap/heap.h"
#include "heap/ref.h"
#include "heap/verify.h"
#include "platform/mutex.h"
#include "platform/thread.h"
#include "platform/thread_settings.h"

namespace ouro {

struct CollectorConfig {
    /// Start the background thread.
    bool background = true;
    /// Automatic collection is on at the start.
    bool enabled = true;
    /// Pages with new candidates that make the background collector start at once; paged: within
    /// 2 ms, sooner if three quarters of the garbage are there that assist_bytes and assist_percent
    /// leave to it, or half of the region is in use.
    std::uint32_t threshold_pages = 16;
    /// Share of the region, in percent: when large objects (over 1 KiB) of so many bytes were made
    /// since the last pass began, the background collector starts at once (paged: within 2 ms), if
    /// there is a candidate. 0: never.
    std::uint32_t threshold_percent = 12;
    /// The longest time a candidate waits for the background collector when it gets the processor.
    std::uint64_t delay_ns = 2'000'000;
    /// Objects followed from one fresh candidate before it is deferred.
    std::uint32_t objects_per_root = 512;
    /// Objects that a pass of the background collector looks at, about, before it decides; its
    /// collection goes on with further passes. So they stay in the processor's caches, and what is
    /// garbage goes back soon. 0: no limit.
    std::uint32_t objects_per_pass = HeapConfig::kSmall ? 0 : 4096;
    /// Is a group of up to 16 objects that a candidate reaches decided about at once? Of types
    /// without user code that are not weakly referable, have up to 8 fields and no variable part;
    /// in steps of 960 units and more, while no guard is open; in the paged layout only.
    bool small_sets = true;
    /// Units of work (an object or a reference) per step. 8 are at most 2,000 instructions of a
    /// Cortex-M4, the smallest step that can be had.
    std::uint32_t step_units = HeapConfig::kSmall ? 8 : 4096;
    /// How long collect() waits for another context's collection that does nothing but stay in one
    /// callback, finalizer or destructor, or gets no processor; 0: for ever. Then it fails with
    /// busy, so that user code may wait for a thread that collects.
    std::uint64_t collect_patience_ns = 10'000'000'000;
    /// Who runs finalizers and destructors of what the background collector found: its own thread,
    /// or whoever calls drain().
    bool user_code_by_drain = false;
    /// May an allocation that finds no memory run finalizers and destructors of garbage, as its
    /// last attempt? Its thread may hold the program's locks.
    bool emergency_runs_user_code = false;
    /// Share of the background collector's time, in percent, for candidates that proved alive
    /// before, while there is other work and less is in use than an eighth more than what lived,
    /// or twice that where to ask them has been for nothing.
    std::uint32_t deferred_percent = 10;
    /// So much garbage, in bytes and in percent of what lives, is left to the background thread
    /// alone. When more is in use, threads that need memory do steps of its passes, without user
    /// code; with twice as much garbage they wait for their turn and do whole ones, or small passes
    /// of their own where none is under way. 0 bytes: never. In the paged layout only.
    std::size_t assist_bytes = 1024 * 1024;
    std::uint32_t assist_percent = 4;
    /// Stack, priority and core of the background thread, on machines where its maker supplies them
    /// (platform/thread_settings.h).
    platform::ThreadSettings thread = {};
};

/// What a call of collect() did.
struct CollectResult {
    /// Tracked objects that this call found unreachable: reclaimed, or kept on or by the garbage
    /// list.
    std::size_t unreachable = 0;
    std::size_t uncollectable = 0;  ///< of these, kept because of legacy finalizers
    bool complete = true;       ///< false: members kept changing or being upgraded, some may remain
    Error error = Error::none;  ///< busy: another context collects, and waiting is not allowed or
                                ///< took collect_patience_ns without any progress; in_interrupt
};

enum class CollectPhase : std::uint8_t { start, stop };

/// Announced at the start and stop of every collection that is not nested.
struct CollectInfo {
    CollectPhase phase;
    std::size_t collected;      ///< at stop: objects reclaimed
    std::size_t uncollectable;  ///< at stop: objects kept because of legacy finalizers
    bool automatic;             ///< by the background collector
};

struct CollectorStatistics {
    std::size_t collections;  ///< requested by collect()
    std::size_t automatic;    ///< by the background collector, with at least one candidate
    std::size_t passes;
    std::size_t collected;          ///< tracked objects reclaimed
    std::size_t uncollectable;      ///< kept because of legacy finalizers
    std::size_t examined;           ///< objects looked at
    std::size_t aborted;            ///< passes whose decision a weak upgrade aborted
    std::size_t deferred_roots;     ///< candidates given up at the limit and asked again later
    std::uint64_t longest_step_ns;  ///< longest time the pass lock was held
    std::size_t assisted;           ///< steps and small passes by threads that needed memory
};

class Collector {
public:
    /// Attaches to `heap`. Starts nothing.
    Collector(Heap& heap, const CollectorConfig& config);
    ~Collector();
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    /// Starts the background thread. False iff the machine has none to give.
    bool start();
    /// Ends it. Candidates stay on their lists.
    void stop();

    /// Reclaims everything that was unreachable when the call began and was not touched since.
    /// Works also when automatic collection is disabled and without a background thread. From
    /// another context's collection it waits for that to end where waiting is allowed, else busy.
    /// User code of a collection may itself wait for a thread that calls collect(): that call gives
    /// up after CollectorConfig::collect_patience_ns, with busy. Inside user code of this very
    /// collector's own collection, on its context, it returns 0 at once.
    /// Time: O(candidates and what they reach), no limit per root. Runs user code here.
    CollectResult collect();
    /// Does about `units` of work of a pass, beginning one if candidates wait, or runs at most
    /// `units` callbacks, finalizers and destructors of what the pass found, here. True iff more is
    /// to do, be it a pass over what was let go of meanwhile: after false, everything that was
    /// garbage when the call began and was not touched since has gone.
    bool step(std::uint32_t units);
    /// Runs user code of garbage that waits for it, of a pass that has ended or that an allocation
    /// in need of memory has left alone, and ends that were put off: at most `objects` callbacks,
    /// finalizers, destructors and slices of a pass that they need. True iff more is to do.
    bool drain(std::uint32_t objects);
    /// Waits until an automatic collection that began after the call, and asked all candidates, has
    /// ended. False at once if there is none to wait for: disabled, threshold 0, no background
    /// thread, garbage that waits for drain(), or called from inside a collection.
    bool settle();
    /// Does all of a collection up to its decision, and then takes everything back: nothing is
    /// reclaimed and no user code runs. For tests that a program does not notice passes.
    void rehearse();

    /// Runs the finalizers that never ran of all objects that live, in no particular order, without
    /// ending any, also of those that finalizers make meanwhile. Returns how many ran; `complete`:
    /// false if after 16 rounds through the heap there still were some. For the end of a heap.
    /// Time: O(pages + objects) a round.
    std::size_t finalize_survivors(bool& complete);

    /// Automatic collection. Neither runs a collection; both may be called any number of times.
    /// What becomes garbage after disable() has returned stays, also if a pass is under way:
    /// disable() waits for one step of it (not in an interrupt handler).
    void enable();
    void disable();
    /// Is automatic collection on? Also with threshold 0.
    bool is_enabled() const;
    /// See CollectorConfig::threshold_pages. 0: it stays enabled but never starts by itself.
    void set_threshold(std::uint32_t pages) {
        heap_.signal().set_threshold(pages);
        wake().set();  // candidates that have waited while it was 0
    }
    /// What set_threshold() has said last.
    std::uint32_t threshold() const { return heap_.signal().threshold(); }
    /// Pages with new candidates since the last collection began: what is compared with
    /// threshold(). Only a moment's truth.
    std::uint32_t count() const { return heap_.signal().pages(); }
    /// Figures since the beginning; each only grows. Time: O(1). Threads: any.
    CollectorStatistics statistics() const;
    /// Called at start and stop of collections, on the collecting context, no lock held; several in
    /// the order in which they were added.
    using Callback = void (*)(void* self, const CollectInfo& info);
    static constexpr std::uint32_t kCallbacksMax = HeapConfig::kSmall ? 2 : 8;
    /// False: there are kCallbacksMax already.
    bool add_callback(Callback callback, void* self);
    /// Removes it, once, if it was added twice. False: it was not there. An announcement under way
    /// on another context may still call it.
    bool remove_callback(Callback callback, void* self);

    /// Calls visit(self, ref) for every tracked object, frozen ones excepted, each kept alive
    /// during its visit. Objects made or ended meanwhile may be missing. Time: O(pages + objects).
    void get_objects(void (*visit)(void* self, const Ref<Object>& object), void* self);
    /// Sets all tracked objects aside (gc.freeze): from now on they are reclaimed by count only,
    /// are roots for the rest, and are not listed. Objects under construction and garbage that
    /// waits for its finalizers are left out. Time: O(pages + objects), under the pass lock.
    void freeze();
    /// Takes them all back; each is a candidate of the next collection. Time: as freeze().
    void unfreeze();
    /// How many objects are set aside now. Time: as freeze().
    std::size_t freeze_count();

    /// From now on collections move what they would reclaim to the garbage list (DEBUG_SAVEALL),
    /// after its finalizers. The list's references are counted.
    void set_save_all(bool on);
    /// What set_save_all() has said last; false at the start.
    bool save_all() const;
    /// Calls visit for every object on the garbage list, in no particular order.
    void garbage(void (*visit)(void* self, const Ref<Object>& object), void* self);
    /// Takes the object off the garbage list. False: it was not there. Time: O(1).
    bool take_garbage(const Ref<Object>& object);
    /// Empties the garbage list; what nothing else refers to ends now. Time: O(pages + objects).
    void clear_garbage();

    /// Calls visit for every reference that `object` holds, with multiplicity, in field order.
    void referents(const Ref<Object>& object, void (*visit)(void* self, const Ref<Object>& object),
                   void* self);
    /// Calls visit once for every tracked object that holds a reference to `object`.
    void referrers(const Ref<Object>& object, void (*visit)(void* self, const Ref<Object>& object),
                   void* self);
    /// Is the object one that can be part of a cycle, which get_objects() lists? A property of its
    /// type. False for null and immediates.
    bool is_tracked(const Ref<Object>& object);
    /// Has the object's finalizer been called? True from the call on, for good.
    bool is_finalized(const Ref<Object>& object);

    /// Checks the whole heap (heap/verify.h) between two passes: first this record and what a pass
    /// leads through, then the pass under way is finished, then the rest. No mutator may be at
    /// work. Writes nothing outside the region and ends, whatever the region holds.
    Violation verify();

    /// Is a pass between two steps, or a batch waiting? Only a moment's truth.
    bool collecting() const;

private:
    const char* verify_record();
    bool are_flags_sound() const;
    const char* verify_owned();
    bool are_listeners_sound() const;
    CollectorHooks own_hooks();

    static void thread_main(void* self);
    static void settle_hook(void* self);
    static Error emergency_hook(void* self, unsigned attempt);
    static void taken_hook(void* self, std::size_t bytes);
    static void legacy_user_code_hook(void* self, Header* header);
    static void before_fork_hook(void* self, bool lock);
    static void after_fork_hook(void* self, bool in_child);

    void background();
    bool is_running() const;
    bool starts_by_itself() const { return is_enabled() && threshold() != 0; }
    bool background_round();
    bool settle_in_background();
    void rest_until_asked_or_due();
    void set_deferred_due(std::uint64_t start, std::uint64_t end);
    bool finish_pass(std::uint32_t serial);
    void run_plain_pass(bool include_deferred, bool automatic = false);
    void settle_plain_postponed();
    bool waits_for_drain() const;
    bool automatic_is_over(const PassOptions& options) const {
        return options.automatic && !is_enabled();
    }
    void run_separate_pass(const PassOptions& options);
    void note_pass_begin(const PassOptions& options);
    void note_pass_end(const PassResult& result);
    void assist(std::size_t bytes);
    bool assist_step(std::uint32_t units);
    bool is_left_to_thread();
    bool begin_assisting_pass();
    void finish_assisting_pass();
    void begin_separate_pass(const PassOptions& options);
    bool is_asked() const;
    std::uint64_t time_to_wait();
    std::uint64_t time_to_pass();
    bool is_pass_due();
    bool end_withheld();
    platform::Event& wake() { return heap_.signal().wake(); }
    void wake_for_the_rest();
    bool is_pass_urgent(bool many_are);
    void pause();
    void wake_at_once();
    Error emergency(unsigned attempt);
    Error take_plain_from_batch();

    void call_off_automatic();
    class Stall;
    bool take_collection(bool take_waiting_batch);
    void let_others_collect();
    bool ends_wait() const;
    bool is_garbage_deferred();
    bool begin_to_ask_all();
    void note_all_asked();
    bool enter_collection(bool wait, bool take_waiting_batch = true, Stall* stall = nullptr);
    std::size_t progress();
    void leave_collection(bool batch_waits = false);
    void announce(CollectPhase phase, const CollectResult& result, bool automatic);
    CollectResult run_collection(PassOptions options);
    PassResult run_pass(const PassOptions* options);
    Ref<Object> object_in(BlockAllocator::Cell cell, bool listed);
    template <class V>
    void for_each_tracked(V&& visit);
    Ref<Object> take_any_garbage(PageIndex& from);
    void begin_pass(const PassOptions& options);
    bool step_pass(std::uint32_t units);
    void let_others_step();
    bool collection_goes_first(unsigned wait) const;
    Header* next_due(std::uint32_t& looks, bool& done);
    bool run_finalizers(std::uint32_t& budget, std::uint32_t looks = kAll);
    void validate_batch(CollectResult& result);
    void run_callbacks(std::uint32_t& budget);
    void finish_batch(CollectResult& result, std::uint32_t& budget);
    void end_dead_batch(CollectResult& result, std::uint32_t& budget, std::uint32_t looks = kAll);
    class LegacyEnd;
    void let_go_of_survivors();
    void finish_stepped_pass();
    void begin_stepped_pass(bool all = false);
    bool continue_stepped_pass(CollectResult& result, std::uint32_t units);
    void step_batch(CollectResult& result, std::uint32_t& budget, std::uint32_t looks = kAll);
    bool left_for_drain() const;
    bool settle_some(std::uint32_t& budget);
    void settle_chains(std::uint32_t& budget);
    void settle_taken(std::uint32_t& budget);
    bool settle_postponed(std::uint32_t& budget, bool separately = false);
    bool settle_postponed() {
        std::uint32_t all = kAll;
        return settle_postponed(all);
    }
    bool has_batch();
    bool has_more_candidates();
    bool has_more_of(std::uint32_t taking);
    void forget_deferred_asked();

    static constexpr std::uint32_t kAll = ~0u;

    Heap& heap_;
    CollectorConfig config_;
    PassLock pass_lock_;
    Pass pass_;                            ///< under the pass lock
    [[no_unique_address]] Pacing pacing_;  ///< under the pass lock
    std::uint32_t pass_serial_ = 0;        ///< of the pass under way or finished last
    PassResult pass_result_;               ///< of the last pass that the collection began
    std::uint32_t collection_serial_ = 0;  ///< serial of that pass
    std::uint32_t takings_ = 0;            ///< how often all candidates were taken
    std::uint32_t collection_taking_ = 0;  ///< which of these that pass has begun, or goes on with
    bool deferred_asked_ = false;          ///< by this collection
    bool collection_pass_done_ = true;
    std::size_t taken_from_batch_ = 0;    ///< by emergencies, for the collection's figure
    std::size_t ended_in_callbacks_ = 0;  ///< weak references, for the collection's figure
    /// Who ends a batch beside which legacy garbage is set aside.
    platform::atomic<platform::Context*> legacy_ender_{nullptr};
    bool some_survive_ = false;   ///< taken out of the batch, to be let go of
    bool stepping_ = false;       ///< step() has begun a pass whose end is not seen to yet
    bool gave_up_roots_ = false;  ///< that pass, when it ended
    platform::atomic<std::uint32_t> left_for_drain_{0};  ///< a plain pass has met user code

    mutable platform::Mutex collection_lock_;  ///< guards the flags below, never held for long
    bool collection_taken_ = false;  ///< by a context, or by a batch that waits for drain()
    bool batch_waits_ = false;       ///< for drain() or the next collect()
    platform::atomic<std::uint32_t> waiting_{0};  ///< contexts that wait for the collection
    CollectingContext collecting_on_{nullptr};
    Batch batch_;  ///< owned with the collection

    platform::Thread thread_;
    /// Where the thread waits without being woken. None where it is always woken.
    struct NoEvent {
        static void wait(std::uint64_t) {}
        static void set() {}
        static void before_fork() {}
        static void after_fork(bool) {}
    };
    static constexpr bool kPauses = BlockAllocator::kLimitsUse;
    [[no_unique_address]] std::conditional_t<kPauses, platform::Event, NoEvent> pause_;
    platform::atomic<std::uint32_t> stopping_{0};
    platform::atomic<std::uint32_t> enabled_{1};
    platform::atomic<std::uint32_t> collection_wants_pass_{0};
    platform::atomic<std::uint32_t> save_all_{0};
    platform::atomic<std::uint32_t> settle_asked_{0};   ///< how often settle() was called
    platform::atomic<std::uint32_t> settle_served_{0};  ///< the calls answered by now
    platform::atomic<std::uint32_t> running_{0};
    bool forking_in_collection_ = false;  ///< the forking context owns the collection itself
    std::uint64_t deferred_due_ns_ = 0;

    struct Listener {
        Callback callback = nullptr;
        void* self = nullptr;
        bool operator==(const Listener&) const = default;
    };
    Listener listeners_[kCallbacksMax];  ///< those in use first; under collection_lock_

    Counters::Count collections_{0}, automatic_{0}, passes_{0}, collected_{0}, uncollectable_{0},
        examined_{0}, aborted_{0}, deferred_roots_{0}, longest_step_ns_{0}, assisted_{0};
};

}  // namespace ouro
