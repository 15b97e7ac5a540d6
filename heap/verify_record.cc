// verify(): the heap's record. What create() has written there is computed once more from the
// record's own address, the registry of heaps, and the configuration, of which the numbers that
// lead to memory have a second copy where they are used. So nothing has to be kept for this.
#include "heap/heap.h"
#include "heap/registry.h"
#include "heap/verify_parts.h"
#include "heap/weak_list.h"
#include "platform/patience.h"

namespace ouro {

using platform::memory_order_relaxed;

bool is_given_back(platform::Mutex& lock) {
    for (platform::Patience patience; !lock.try_lock(); patience.wait()) {
        if (!port::kWaitAllowed) return true;
        if (patience.is_over(4 * platform::Patience::kYields)) return false;
    }
    lock.unlock();
    return true;
}

const char* Heap::verify_record() {
    constexpr const char* kRegion = "heap record: the region";
    const Place* place = nullptr;
    for (const Place& each : g_heaps) {
        // order: relaxed; nobody else is there.
        if (each.heap.load(memory_order_relaxed) == this) place = &each;
    }
    // A heap that has ended with its last object is in no place any more.
    if (place == nullptr ? !is_shut_down() : !place->is_of(region_)) return kRegion;
    if (place == nullptr ? number_ >= kHeapsMax : place != &g_heaps[number_ % kHeapsMax])
        return kRegion;
    std::byte* const begin = region_.data();
    const auto* extra = static_cast<const std::byte*>(extra_);
    const auto* types = static_cast<const std::byte*>(types_.begin());
    if (types < extra || types > begin + region_.size()) return kRegion;
    if (!is_bool(config_.legacy_finalizers) || config_.nesting_max < 2 ||
        config_.nesting_max > kNestingMost)
        return "heap record: the configuration";
    const Plan at = plan(region_, config_, static_cast<std::size_t>(types - extra));
    if (begin + at.heap != reinterpret_cast<std::byte*>(this) || extra != begin + at.extra)
        return kRegion;
    if (!types_.lies_at(begin + at.types, config_.types_max, config_.field_offsets_max))
        return "heap record: the table of types";
    if (!interned_.lies_at(begin + at.interned, config_.intern_buckets))
        return "heap record: the table of interned strings";
    if (at.blocks > region_.size() || !candidates_.is_of(blocks_)) return kRegion;
    if (!blocks_.lies_at(begin + at.blocks, region_.size() - at.blocks, allocator_config(config_),
                         types_))
        return "heap record: the allocator";
    // order: relaxed, both; nobody else is there.
    const std::uint32_t life = life_.load(memory_order_relaxed);
    const bool shut_down = place == nullptr || place->shut_down.load(memory_order_relaxed) != 0;
    if (((life & kLegacy) != 0) != config_.legacy_finalizers)
        return "heap record: the configuration";
    if (life > (kShutDown | kInherited | kLegacy) || ((life & kShutDown) != 0) != shut_down)
        return "heap record: whether it was shut down";
    // order: relaxed; nobody else is there.
    const std::uint32_t wait = callbacks_wait_.load(memory_order_relaxed);
    if (wait > 1 || (wait == 0 && !waiting_callbacks_.empty()))
        return "heap record: whether callbacks wait";
    if (decision_.state() > Decision::aborted) return "heap record: the decision";
    return verify_locks();
}

const char* Heap::verify_locks() {
    constexpr const char* kHeld = "a lock is held while nothing runs";
    for (platform::Mutex* lock :
         {&weak_lock_, &postponed_lock_, &interned_.lock(), &blocks_.lock()}) {
        if (!is_given_back(*lock)) return kHeld;
    }
    return guards_.all_locks([](platform::Mutex& lock) { return is_given_back(lock); }) ? nullptr
                                                                                        : kHeld;
}

const char* Heap::verify_lists() {
    if (!interned_.is_sound(*this)) return "the table of interned strings is broken";
    if (!finalizers_.is_sound(*this)) return "the list of finalizers is broken";
    if (!waiting_callbacks_.is_sound()) return "the list of callbacks that wait is broken";
    const auto is_withheld = [this](const void* at) { return is_object(at); };
    if (!guards_.is_sound(is_withheld)) return "the list of withheld objects is broken";
    return is_chain_sound() ? nullptr : "the chain of postponed ends is broken";
}

}  // namespace ouro
