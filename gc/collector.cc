#include "gc/collector.h"

#include "heap/field_slot.h"
#include "heap/reference_count.h"
#include "platform/context.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

namespace {

constexpr unsigned kAttemptsMax = 8;  // of a pass whose decision was aborted

/// Marks that this context runs a collection: a nested collect() is a no-op (C2).
class CollectingScope {
public:
    CollectingScope() : context_(platform::current_context()) { ++context_.collecting_depth; }
    ~CollectingScope() { --context_.collecting_depth; }
    CollectingScope(const CollectingScope&) = delete;
    CollectingScope& operator=(const CollectingScope&) = delete;

private:
    platform::Context& context_;
};

}  // namespace

Collector::Collector(Heap& heap, const CollectorConfig& config, std::size_t region_bytes)
    : heap_(heap), config_(config), pass_(heap, heap.extra(), region_bytes), batch_(heap, pass_) {
    // order: relaxed, both; no other context knows the collector yet.
    enabled_.store(config.enabled ? 1 : 0, memory_order_relaxed);
    threshold_pages_.store(config.threshold_pages, memory_order_relaxed);
    heap_.hooks() = {this, &Collector::emergency_hook, &Collector::wake_hook,
                     &Collector::before_fork_hook, &Collector::after_fork_hook};
}

Collector::~Collector() {
    stop();
    heap_.hooks() = {};
}

// ---- the pass, one step at a time

/// One step of the pass under way, whoever began it. True iff there was one. Caller holds the lock.
bool Collector::step_pass(std::uint32_t units) {
    if (pass_.idle()) return false;
    const std::uint64_t start = platform::clock_ns();
    pass_.step(units);
    const std::uint64_t took = platform::clock_ns() - start;
    if (took > Counters::get(longest_step_ns_))
        longest_step_ns_.store(took, memory_order_relaxed);  // order: a figure
    if (!pass_.idle()) return true;
    const PassResult& result = pass_.result();
    Counters::add(passes_);
    Counters::add(collected_, result.collected);
    Counters::add(examined_, result.examined);
    Counters::add(aborted_, result.aborted ? 1 : 0);
    Counters::add(deferred_roots_, result.gave_up_roots);
    if (pass_serial_ == collection_serial_ && !collection_pass_done_) {
        pass_result_ = result;
        collection_pass_done_ = true;
    }
    return true;
}

/// A pass of the collection, to its end, after any pass that is under way. Null: over the batch.
PassResult Collector::run_pass(const PassOptions* options) {
    pass_lock_.lock();
    while (step_pass(config_.step_units)) {
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    if (options != nullptr) {
        dirty_pages_.store(0, memory_order_relaxed);  // order: a hint for pacing
        pass_.begin(*options);
    } else {
        pass_.begin_batch();
    }
    collection_serial_ = ++pass_serial_;
    collection_pass_done_ = false;
    while (!collection_pass_done_) {
        step_pass(config_.step_units);
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    const PassResult result = pass_result_;
    pass_lock_.unlock();
    return result;
}

// ---- collections

bool Collector::enter_collection(bool wait) {
    for (;;) {
        {
            platform::LockGuard guard(collection_lock_);
            if (!collection_taken_) {
                collection_taken_ = true;
                return true;
            }
            if (batch_waits_) {  // it belongs to whoever comes to finish it
                batch_waits_ = false;
                return true;
            }
        }
        if (!wait || !port::kWaitAllowed) return false;
        platform::yield_thread();
    }
}

void Collector::leave_collection() {
    platform::LockGuard guard(collection_lock_);
    collection_taken_ = false;
}

void Collector::announce(CollectPhase phase, std::size_t collected, bool automatic) {
    if (callback_ != nullptr) callback_(callback_self_, {phase, collected, automatic});
}

/// Runs what is left of a batch: finalizers, second validation, the end. Returns how many tracked
/// objects it reclaimed.
std::size_t Collector::finish_batch(bool& complete) {
    if (batch_.empty()) return 0;
    if (batch_alive_) {
        batch_.run_finalizers(~0u);
        PassResult result;
        for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
            result = run_pass(nullptr);
            if (!result.aborted) break;
        }
        batch_alive_ = false;
        if (result.aborted) {
            complete = false;
            platform::LockGuard guard(pass_lock_);
            batch_.give_up();
            return 0;
        }
    }
    batch_.clear_inner_references();
    std::size_t reclaimed = 0;
    while (!batch_.empty()) reclaimed += batch_.take_apart(~0u);
    Counters::add(collected_, reclaimed);
    return reclaimed;
}

/// Postponed releases found by passes, and chains left over from bounded cascades.
void Collector::settle_postponed() {
    heap_.run_postponed(true);
    for (;;) {
        void* object = nullptr;
        {
            platform::LockGuard guard(pass_lock_);
            object = pass_.take_postponed();
        }
        if (object == nullptr) return;
        heap_.settle_postponed(object);
    }
}

std::size_t Collector::run_collection(const PassOptions& options, bool& complete) {
    complete = true;
    std::size_t reclaimed = finish_batch(complete);  // one that waited for drain()
    settle_postponed();
    for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
        const PassResult result = run_pass(&options);
        reclaimed += result.collected;
        batch_alive_ = result.batch_alive;
        bool batch_complete = true;
        reclaimed += finish_batch(batch_complete);
        settle_postponed();
        complete = batch_complete && !result.aborted;
        if (complete) break;
    }
    return reclaimed;
}

CollectResult Collector::collect() {
    if (platform::current_context().collecting_depth > 0) return {};
    if (!enter_collection(true)) return {0, false, Error::busy};
    CollectResult result;
    {
        CollectingScope scope;
        announce(CollectPhase::start, 0, false);
        PassOptions options;
        options.include_deferred = true;
        result.unreachable = run_collection(options, result.complete);
        Counters::add(collections_);
        announce(CollectPhase::stop, result.unreachable, false);
    }
    leave_collection();
    return result;
}

bool Collector::step(std::uint32_t units) {
    if (platform::current_context().collecting_depth > 0) return false;
    if (!enter_collection(false)) return true;
    CollectingScope scope;
    bool more = true;
    {
        platform::LockGuard guard(pass_lock_);
        if (pass_.idle() && collection_pass_done_ && batch_.empty()) {
            PassOptions options;
            options.objects_per_root = config_.objects_per_root;
            options.include_deferred = pass_.has_deferred();
            pass_.begin(options);
            collection_serial_ = ++pass_serial_;
            collection_pass_done_ = false;
        }
        step_pass(units);
        more = !collection_pass_done_;
    }
    if (!more) {
        bool complete = true;
        batch_alive_ = pass_result_.batch_alive;
        finish_batch(complete);
        settle_postponed();
        more = pass_.has_deferred() || !complete;
    }
    leave_collection();
    return more;
}

bool Collector::drain(std::uint32_t objects) {
    {
        platform::LockGuard guard(collection_lock_);
        if (!batch_waits_) return heap_.has_postponed();
        batch_waits_ = false;  // ours now; the collection stays taken
    }
    CollectingScope scope;
    bool complete = true;
    if (batch_alive_) {
        if (batch_.run_finalizers(objects)) finish_batch(complete);
    } else {
        batch_.clear_inner_references();
        Counters::add(collected_, batch_.take_apart(objects));
    }
    settle_postponed();
    const bool more = !batch_.empty();
    platform::LockGuard guard(collection_lock_);
    batch_waits_ = more;
    collection_taken_ = more;
    return more;
}

// ---- when memory is short

Error Collector::emergency_hook(void* self, unsigned attempt) {
    return static_cast<Collector*>(self)->emergency(attempt);
}

/// Attempt 0 finishes the pass under way or asks the fresh candidates, attempt 1 all of them. The
/// pass lock is held for one step at a time; where waiting is not allowed and the lock is taken, the
/// request fails with collector_busy (DESIGN rule 21).
Error Collector::emergency(unsigned attempt) {
    if (attempt >= 2) return Error::out_of_memory;
    if (!port::kWaitAllowed) {
        if (!pass_lock_.try_lock()) return Error::collector_busy;
    } else {
        pass_lock_.lock();
    }
    Counters::add(heap_.counters().emergency_collections);
    const bool under_way = !pass_.idle();
    if (!under_way || attempt > 0) {
        while (step_pass(config_.step_units)) {
        }
        PassOptions options;
        options.exclude_user_code = true;
        options.include_deferred = attempt > 0;
        pass_.begin(options);
        ++pass_serial_;
    }
    while (step_pass(config_.step_units)) {
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    pass_lock_.unlock();
    return Error::none;
}

// ---- the background thread

void Collector::wake_hook(void* self) {
    auto* collector = static_cast<Collector*>(self);
    // order: relaxed; a hint for pacing, the candidates themselves are published elsewhere.
    const std::uint32_t before = collector->dirty_pages_.fetch_add(1, memory_order_relaxed);
    if (before == 0 || before + 1 == collector->threshold()) collector->wake_.set();
}

bool Collector::start() {
    if (running_) return true;
    stopping_.store(0, memory_order_release);  // order: pairs with the loop in background()
    running_ = thread_.start(&Collector::thread_main, this);
    return running_;
}

void Collector::stop() {
    if (!running_) return;
    stopping_.store(1, memory_order_release);  // order: pairs with the loop in background()
    wake_.set();
    thread_.join();
    running_ = false;
}

void Collector::thread_main(void* self) { static_cast<Collector*>(self)->background(); }

void Collector::background() {
    for (;;) {
        const std::uint64_t now = platform::clock_ns();
        std::uint64_t wait = platform::kForever;
        bool deferred = false;
        {
            platform::LockGuard guard(pass_lock_);
            deferred = pass_.has_deferred();
        }
        if (deferred && is_enabled()) wait = deferred_due_ns_ > now ? deferred_due_ns_ - now : 0;
        if (heap_.has_postponed()) wait = 0;
        if (wait != 0) wake_.wait(wait);
        if (stopping_.load(memory_order_acquire) != 0) return;  // order: pairs with stop()
        // Let a few more candidates come together, unless there are many already.
        // order: relaxed; a hint for pacing.
        if (dirty_pages_.load(memory_order_relaxed) < threshold()) wake_.wait(config_.delay_ns);
        if (stopping_.load(memory_order_acquire) != 0) return;  // order: pairs with stop()
        if (is_enabled()) background_round();
    }
}

void Collector::background_round() {
    if (!enter_collection(false)) return;
    bool waits = false;
    {
        CollectingScope scope;
        const std::uint64_t start = platform::clock_ns();
        PassOptions options;
        options.objects_per_root = config_.objects_per_root;
        options.include_deferred = start >= deferred_due_ns_;
        announce(CollectPhase::start, 0, true);
        std::size_t reclaimed = 0;
        bool complete = true;
        if (config_.user_code_by_drain) {
            heap_.run_postponed(false);
            const PassResult result = run_pass(&options);
            reclaimed = result.collected;
            batch_alive_ = result.batch_alive;
            waits = !batch_.empty();
        } else {
            reclaimed = run_collection(options, complete);
        }
        Counters::add(automatic_);
        announce(CollectPhase::stop, reclaimed, true);
        const std::uint64_t end = platform::clock_ns();
        if (options.include_deferred) {
            const std::uint64_t share = config_.deferred_percent == 0 ? 1 : config_.deferred_percent;
            deferred_due_ns_ = end + (end - start) * (100 - share) / share;
        }
    }
    platform::LockGuard guard(collection_lock_);
    batch_waits_ = waits;
    collection_taken_ = waits;
}

// ---- fork

void Collector::before_fork_hook(void* self) {
    auto& collector = *static_cast<Collector*>(self);
    collector.forking_in_collection_ = platform::current_context().collecting_depth > 0;
    if (!collector.forking_in_collection_) collector.enter_collection(true);
    collector.pass_lock_.lock();
}

void Collector::after_fork_hook(void* self, bool in_child) {
    auto& collector = *static_cast<Collector*>(self);
    collector.pass_lock_.unlock();
    if (in_child) {
        collector.thread_.forget();
        collector.wake_.forget_waiters();
        collector.running_ = false;
    }
    if (!collector.forking_in_collection_) collector.leave_collection();
}

// ---- control

void Collector::enable() {
    enabled_.store(1, memory_order_release);  // order: pairs with is_enabled()
    wake_.set();
}
void Collector::disable() { enabled_.store(0, memory_order_release); }  // order: see enable()
bool Collector::is_enabled() const { return enabled_.load(memory_order_acquire) != 0; }  // order: see enable()

void Collector::set_callback(void (*callback)(void*, const CollectInfo&), void* self) {
    callback_ = callback;
    callback_self_ = self;
}

Violation Collector::verify() {
    platform::LockGuard guard(pass_lock_);
    while (step_pass(config_.step_units)) {
    }
    return ouro::verify(heap_);
}

bool Collector::collecting() const { return collection_taken_; }

CollectorStatistics Collector::statistics() const {
    return {Counters::get(collections_), Counters::get(automatic_), Counters::get(passes_),
            Counters::get(collected_),   Counters::get(examined_),  Counters::get(aborted_),
            Counters::get(deferred_roots_), Counters::get(longest_step_ns_)};
}

// ---- looking around

void Collector::get_objects(void (*visit)(void*, const Ref<Object>&), void* self) {
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = 0; p < blocks.page_count(); ++p) {
        for (std::uint32_t cell = 0;; ++cell) {
            Ref<Object> object;
            {
                platform::LoadWindow window;
                if (cell >= blocks.cells_in(p)) break;
                Header* header = blocks.header_of_cell({p, cell});
                const WordValue word = header->load_word();
                const InfoValue info = header->load_info();
                const TypeTable::Entry* type = heap_.types().find(info.type());
                if (type == nullptr || info.constructing() || info.frozen()) continue;
                if (!type->info.load(memory_order_relaxed)->tracked()) continue;  // order: once
                if (word.count() == 0) continue;
                if (detail::try_upgrade(heap_, header, word) != detail::Upgrade::yes) continue;
                object = Ref<Object>::adopt(reinterpret_cast<std::uintptr_t>(header->payload()));
            }
            visit(self, object);
        }
    }
}

void Collector::referents(const Ref<Object>& object, void (*visit)(void*, const Ref<Object>&),
                          void* self) {
    if (!detail::is_object(object.bits())) return;
    Header* header = header_of(detail::object_of(object.bits()));
    const TypeTable::Entry* type = heap_.type_of(header);
    if (type == nullptr) return;
    const TypeInfo* info = type->info.load(memory_order_relaxed);  // order: written once
    const Fields fields(header->payload(), *type, *info);
    for (std::uint32_t i = 0; i < fields.count(); ++i) {
        const Ref<Object> target = Ref<Object>::adopt(detail::load_counted(fields[i]));
        if (target) visit(self, target);
    }
}

void Collector::referrers(const Ref<Object>& object, void (*visit)(void*, const Ref<Object>&),
                          void* self) {
    struct Search {
        Collector& collector;
        std::uintptr_t target;
        void (*visit)(void*, const Ref<Object>&);
        void* self;
    } search{*this, object.bits(), visit, self};
    const auto look = [](void* context, const Ref<Object>& holder) {
        auto& s = *static_cast<Search*>(context);
        Header* header = header_of(detail::object_of(holder.bits()));
        const TypeTable::Entry* type = s.collector.heap_.type_of(header);
        const Fields fields(header->payload(), *type,
                            *type->info.load(memory_order_relaxed));  // order: written once
        for (std::uint32_t i = 0; i < fields.count(); ++i) {
            // order: acquire; only compared, not followed.
            if (fields[i].load(memory_order_acquire) != s.target) continue;
            s.visit(s.self, holder);
            return;
        }
    };
    get_objects(look, &search);
}

bool Collector::is_tracked(const Ref<Object>& object) {
    if (!detail::is_object(object.bits())) return false;
    const TypeTable::Entry* type = heap_.type_of(header_of(detail::object_of(object.bits())));
    return type != nullptr && type->info.load(memory_order_relaxed)->tracked();  // order: once
}

bool Collector::is_finalized(const Ref<Object>& object) {
    if (!detail::is_object(object.bits())) return false;
    return header_of(detail::object_of(object.bits()))->load_word().has(WordValue::kFinalized);
}

}  // namespace ouro
