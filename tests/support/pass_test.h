// The fixture of tests on single passes: a heap without collector, and a pass that the test steps.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "gc/batch.h"
#include "heap/make.h"
#include "heap/query.h"
#include "heap/verify.h"
#include "tests/support/candidates.h"
#include "tests/support/probe.h"
#include "tests/support/region.h"

namespace ouro::testing {

class PassTest : public ::testing::Test {
protected:
    static constexpr std::size_t kBytes = 8 * kMiB;

    PassTest()
        : region_(kBytes), heap_(*Heap::create(region_.span()).value()), pass_(heap_, false) {
        events::clear();
    }
    ~PassTest() override {
        EXPECT_TRUE(pass_.idle());
        const Violation found = verify(heap_);
        EXPECT_FALSE(static_cast<bool>(found)) << found.invariant << " " << found.path;
        while (run_all().collected != 0) {  // what a test has left behind
        }
        heap_.destroy();
    }

    template <class T, class... Args>
    Ref<T> make(Args&&... args) {
        return ouro::make<T>(heap_, std::forward<Args>(args)...);
    }
    std::size_t live_objects() { return heap_.statistics().live_objects; }

    /// A pass to its end, in steps of one unit.
    PassResult run(const PassOptions& options = {}) {
        pass_.begin(options);
        return finish();
    }
    PassResult finish() {
        while (!pass_.idle()) pass_.step(1);
        return pass_.result();
    }
    PassResult run_all() {
        PassOptions options;
        options.include_deferred = true;
        return run(options);
    }

    WordValue word_of(const void* object) { return ouro::header_of(object)->load_word(); }
    bool is_candidate(const void* object) {
        return testing::is_candidate(heap_, ouro::header_of(object));
    }
    bool is_deferred(const void* object) {
        return heap_.blocks().has(Mark::deferred, heap_.blocks().cell_of(ouro::header_of(object)));
    }
    /// Makes the object a candidate, as a decrement does.
    template <class T>
    void touch(const Ref<T>& ref) {
        const Ref<T> copy = ref;  // NOLINT: its end is the decrement
    }

    Region region_;
    Heap& heap_;
    Pass pass_;
};

/// Runs at most `limit` finalizers of the batch; true iff none is left to run.
inline bool run_finalizers(Batch& batch, int limit = 1'000'000) {
    for (;;) {
        bool done = false;
        std::uint32_t looks = 1;
        Header* due = batch.next_due(looks, done);
        if (done) return true;
        if (due == nullptr) continue;
        if (limit-- == 0) return false;
        batch.finalize(due);
    }
}

/// Two objects that refer to each other.
template <class T>
void link(const Ref<T>& a, const Ref<T>& b) {
    a->left = b;
    b->left = a;
}

}  // namespace ouro::testing
