#include "tests/support/heap_test.h"

namespace ouro::testing {

namespace {

void forget_all_scripts() {
    Plain::forget_scripts();
    Destroyed::forget_scripts();
    Finalized::forget_scripts();
    Probe::forget_scripts();
    LeafProbe::on_finalize = nullptr;
}

}  // namespace

::testing::AssertionResult is_sound(Collector& collector) {
    const Violation violation = collector.verify();
    if (!violation) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << violation.invariant << ": " << (violation.type != nullptr ? violation.type : "?")
           << ", path " << violation.path;
}

HeapTest::HeapTest(std::size_t bytes, const ManagedHeapConfig& config) : region_(bytes) {
    events::clear();
    forget_all_scripts();
    managed_.emplace(region_.span(), config);
}

void HeapTest::TearDown() {
    forget_all_scripts();
    if (!managed_.has_value()) return;
    collector().collect();
    EXPECT_TRUE(is_sound(collector()));
    EXPECT_EQ(live_objects(), leaks_ + heap().interned().count());
    if (leaks_ == 0) return;
    managed_.reset();
    region_.keep();
}

void HeapTest::restart(const ManagedHeapConfig& config) {
    managed_.reset();
    managed_.emplace(region_.span(), config);
}

std::size_t HeapTest::collect() {
    const CollectResult result = collector().collect();
    EXPECT_TRUE(result.complete);
    EXPECT_EQ(result.error, Error::none);
    return result.unreachable;
}

}  // namespace ouro::testing
