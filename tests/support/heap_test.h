// The fixture of tests on a whole heap: a region, a heap whose collector works only when asked, and
// at the end of every test the proof that the heap is sound and that nothing was left behind.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "ouro/ouro.h"
#include "tests/support/probe.h"
#include "tests/support/region.h"
#include "tests/support/threads.h"

namespace ouro::testing {

/// No background thread; everything else as by default.
inline ManagedHeapConfig manual() {
    ManagedHeapConfig config;
    config.collector.background = false;
    return config;
}

inline ManagedHeapConfig with_background() {
    ManagedHeapConfig config;
    config.collector.thread = background_thread();
    return config;
}

/// `config` with a change: what a fixture differs in, in one expression.
template <class Change>
ManagedHeapConfig changed(ManagedHeapConfig config, Change change) {
    change(config);
    return config;
}

/// One release ends ten objects at most.
inline ManagedHeapConfig bounded(const ManagedHeapConfig& config) {
    return changed(config, [](auto& c) { c.heap.cascade_objects_max = 10; });
}

/// Success, or the broken invariant with its object and path.
::testing::AssertionResult is_sound(Collector& collector);

class HeapTest : public ::testing::Test {
protected:
    static constexpr std::size_t kBytes = 16 * kMiB;

    explicit HeapTest(std::size_t bytes = kBytes, const ManagedHeapConfig& config = manual());
    void TearDown() override;

    Heap& heap() { return managed_->heap(); }
    Collector& collector() { return managed_->collector(); }
    ManagedHeap& managed() { return *managed_; }
    std::span<std::byte> region() const { return region_.span(); }

    /// Ends the heap and begins another one in the same region.
    void restart(const ManagedHeapConfig& config);
    /// Ends the heap; the test is about what comes after.
    void end_heap() { managed_.reset(); }
    void unmap_region() { region_.unmap(); }

    template <class T, class... Args>
    Ref<T> make(Args&&... args) {
        return managed_->make<T>(std::forward<Args>(args)...);
    }
    Ref<Hub> make_hub(std::uint32_t fields) {
        return try_make_variable<Hub>(heap(), Trailing{fields, 0}).value();
    }
    /// What collect() returns; a call that is not complete fails the test.
    std::size_t collect();
    std::size_t live_objects() { return heap().statistics().live_objects; }
    /// The test leaves `objects` behind on purpose.
    void expect_leaks(std::size_t objects) { leaks_ = objects; }

private:
    Region region_;
    std::optional<ManagedHeap> managed_;
    std::size_t leaks_ = 0;
};

/// Two objects that refer to each other; no handle remains.
template <class T>
void drop_ring_of_two(ManagedHeap& managed, int first, int second) {
    Ref<T> a = managed.make<T>(first);
    Ref<T> b = managed.make<T>(second);
    a->left = b;
    b->left = a;
}

/// An object that refers to itself; no handle remains.
template <class T>
void drop_self_loop(ManagedHeap& managed, int id) {
    Ref<T> a = managed.make<T>(id);
    a->left = a;
}

}  // namespace ouro::testing
