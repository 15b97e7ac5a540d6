// The memory model: each order allows what it must and forbids what it must, on the usual litmus
// tests. An "allowed" weak result that is never seen would hide a too weak order.
#include <gtest/gtest.h>

#include "tests/sim/program.h"

namespace ouro::testing {
namespace {

using std::memory_order;
using Registers = std::array<std::uint32_t, 4>;

constexpr memory_order kRelaxed = std::memory_order_relaxed;
constexpr memory_order kAcquire = std::memory_order_acquire;
constexpr memory_order kRelease = std::memory_order_release;
constexpr memory_order kBoth = std::memory_order_acq_rel;
constexpr memory_order kTotal = std::memory_order_seq_cst;

platform::atomic<std::uint32_t> g_x{0}, g_y{0};
std::uint64_t g_data = 0;

void reset() {
    g_x.store(0, kRelaxed);
    g_y.store(0, kRelaxed);
    g_data = 0;
}
void idle() {}

// ---- message passing

template <memory_order kStore>
void send() {
    g_x.store(1, kRelaxed);
    g_y.store(1, kStore);
}
template <memory_order kLoad>
void receive() {
    g_registers[0] = g_y.load(kLoad);
    g_registers[1] = g_x.load(kRelaxed);
}
constexpr Registers kStale{1, 0, 0, 0};

TEST(Memory, MessagePassing) {
    EXPECT_TRUE(results_of({{send<kRelaxed>, receive<kRelaxed>}, reset}).contains(kStale));
    EXPECT_TRUE(results_of({{send<kRelaxed>, receive<kAcquire>}, reset}).contains(kStale));
    EXPECT_TRUE(results_of({{send<kRelease>, receive<kRelaxed>}, reset}).contains(kStale));
    const auto ordered = results_of({{send<kRelease>, receive<kAcquire>}, reset});
    EXPECT_FALSE(ordered.contains(kStale));
    EXPECT_EQ(ordered.size(), 3u);
}

void send_with_fence() {
    g_x.store(1, kRelaxed);
    engine().fence(kRelease);
    g_y.store(1, kRelaxed);
}
void receive_with_fence() {
    g_registers[0] = g_y.load(kRelaxed);
    engine().fence(kAcquire);
    g_registers[1] = g_x.load(kRelaxed);
}

TEST(Memory, Fences) {
    EXPECT_FALSE(results_of({{send_with_fence, receive_with_fence}, reset}).contains(kStale));
    EXPECT_TRUE(results_of({{send_with_fence, receive<kRelaxed>}, reset}).contains(kStale));
    EXPECT_TRUE(results_of({{send<kRelaxed>, receive_with_fence}, reset}).contains(kStale));
}

// ---- plain data behind a flag

template <memory_order kStore>
void send_plain() {
    platform::plain_write(&g_data, sizeof g_data);
    g_y.store(1, kStore);
}
template <memory_order kLoad>
void receive_plain() {
    if (g_y.load(kLoad) == 1) platform::plain_read(&g_data, sizeof g_data);
}

TEST(Memory, PlainDataBehindAFlag) {
    EXPECT_EQ(explore({{send_plain<kRelease>, receive_plain<kAcquire>}, reset}, 3, 3).violation,
              nullptr);
    EXPECT_NE(explore({{send_plain<kRelaxed>, receive_plain<kAcquire>}, reset}, 3, 3).violation,
              nullptr);
    EXPECT_NE(explore({{send_plain<kRelease>, receive_plain<kRelaxed>}, reset}, 3, 3).violation,
              nullptr);
}

// ---- store buffering (Dekker)

template <memory_order kStore, memory_order kLoad>
void x_then_y() {
    g_x.store(1, kStore);
    g_registers[0] = g_y.load(kLoad);
}
template <memory_order kStore, memory_order kLoad>
void y_then_x() {
    g_y.store(1, kStore);
    g_registers[1] = g_x.load(kLoad);
}
void x_fence_y() {
    g_x.store(1, kRelaxed);
    engine().fence(kTotal);
    g_registers[0] = g_y.load(kRelaxed);
}
void y_fence_x() {
    g_y.store(1, kRelaxed);
    engine().fence(kTotal);
    g_registers[1] = g_x.load(kRelaxed);
}
constexpr Registers kBothMissed{0, 0, 0, 0};

TEST(Memory, StoreBuffering) {
    const auto weak =
        results_of({{x_then_y<kRelease, kAcquire>, y_then_x<kRelease, kAcquire>}, reset});
    EXPECT_TRUE(weak.contains(kBothMissed));
    const auto total = results_of({{x_then_y<kTotal, kTotal>, y_then_x<kTotal, kTotal>}, reset});
    EXPECT_FALSE(total.contains(kBothMissed));
    EXPECT_EQ(total.size(), 3u);
    EXPECT_FALSE(results_of({{x_fence_y, y_fence_x}, reset}).contains(kBothMissed));
    const auto half = results_of({{x_fence_y, y_then_x<kRelease, kAcquire>}, reset});
    EXPECT_TRUE(half.contains(kBothMissed));
}

// The load windows' way: both sides read by a read-modify-write.
void x_then_modify_y() {
    g_x.store(1, kRelease);
    g_registers[0] = g_y.fetch_add(0, kBoth);
}
void modify_y_then_x() {
    g_y.fetch_add(1, kBoth);
    g_registers[1] = g_x.load(kAcquire);
}

TEST(Memory, StoreBufferingByReadModifyWrites) {
    EXPECT_FALSE(results_of({{x_then_modify_y, modify_y_then_x}, reset}).contains(kBothMissed));
}

// ---- independent reads of independent writes

template <memory_order kStore>
void store_x() {
    g_x.store(1, kStore);
}
template <memory_order kStore>
void store_y() {
    g_y.store(1, kStore);
}
template <memory_order kLoad>
void read_x_y() {
    g_registers[0] = g_x.load(kLoad);
    g_registers[1] = g_y.load(kLoad);
}
template <memory_order kLoad>
void read_y_x() {
    g_registers[2] = g_y.load(kLoad);
    g_registers[3] = g_x.load(kLoad);
}
constexpr Registers kDifferentOrders{1, 0, 1, 0};

TEST(Memory, IndependentReadsOfIndependentWrites) {
    const auto weak = results_of(
        {{idle, store_x<kRelease>, store_y<kRelease>, read_x_y<kAcquire>, read_y_x<kAcquire>},
         reset},
        1, 2);
    EXPECT_TRUE(weak.contains(kDifferentOrders));
    const auto total = results_of(
        {{idle, store_x<kTotal>, store_y<kTotal>, read_x_y<kTotal>, read_y_x<kTotal>}, reset}, 3,
        2);
    EXPECT_FALSE(total.contains(kDifferentOrders));
}

// ---- coherence

void store_one_two() {
    g_x.store(1, kRelaxed);
    g_x.store(2, kRelaxed);
}
void read_twice() {
    g_registers[0] = g_x.load(kRelaxed);
    g_registers[1] = g_x.load(kRelaxed);
}
void read_and_tell() {
    g_registers[0] = g_x.load(kRelaxed);
    g_y.store(1, kRelease);
}
void hear_and_read() {
    g_registers[2] = g_y.load(kAcquire);
    g_registers[1] = g_x.load(kRelaxed);
}

TEST(Memory, NobodySeesALocationGoBack) {
    for (const Registers& r : results_of({{store_one_two, read_twice}, reset}))
        EXPECT_LE(r[0], r[1]);
    for (const Registers& r : results_of({{store_one_two, read_and_tell, hear_and_read}, reset})) {
        if (r[2] == 1) {
            EXPECT_LE(r[0], r[1]);
        }
    }
}

// ---- read-modify-writes

void add_one() { g_x.fetch_add(1, kRelaxed); }
void note_sum() { g_registers[0] = g_x.load(kRelaxed); }

TEST(Memory, ReadModifyWritesLoseNothing) {
    g_results.clear();
    Program program{{add_one, add_one, add_one}, reset};
    program.finish = [] {
        note_sum();
        g_results.insert(g_registers);
    };
    explore(program, 3, 3);
    EXPECT_EQ(g_results, (std::set<Registers>{{3, 0, 0, 0}}));
}

void pass_on() { g_y.fetch_add(1, kRelaxed); }
void store_over() { g_y.store(2, kRelaxed); }
void receive_second() {
    if (g_y.load(kAcquire) == 2) platform::plain_read(&g_data, sizeof g_data);
}

// A release sequence goes on through read-modify-writes of other threads and ends at a plain store.
TEST(Memory, ReleaseSequences) {
    const Program continued{{send_plain<kRelease>, pass_on, receive_second}, reset};
    EXPECT_EQ(explore(continued, 2, 2).violation, nullptr);
    const Program broken{{send_plain<kRelease>, store_over, receive_second}, reset};
    EXPECT_NE(explore(broken, 2, 2).violation, nullptr);
}

// ---- the masked addition is one step

template <unsigned kThread>
void add_masked() {
    g_registers[kThread] = g_x.fetch_add_masked(0x10, 0x1, 0x2, kRelaxed);
}

TEST(Memory, MaskedAddIsOneReadModifyWrite) {
    const auto start_odd = [] {
        reset();
        g_x.store(1, kRelaxed);
    };
    const auto results = results_of({{add_masked<0>, add_masked<1>}, start_odd});
    const std::set<Registers> expected{{0x1, 0x12, 0, 0}, {0x12, 0x1, 0, 0}};
    EXPECT_EQ(results, expected);
    EXPECT_EQ(g_x.load(kRelaxed), 0x22u);
}

}  // namespace
}  // namespace ouro::testing
