// Goal: one field may be loaded, stored, exchanged and taken from by any number of threads at once,
// references may be moved between fields, and afterwards every count is exact. Method: threads on
// few fields, the collector at work beside them; under ThreadSanitizer also free of races.
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "heap/query.h"
#include "tests/support/heap_test.h"
#include "tests/support/random.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;

constexpr std::size_t kThreads = 4;

/// An object whose two values must always agree: what a reader sees is a whole object.
struct Pair {
    using ouro_leaf = void;
    explicit Pair(std::uint64_t value) : first(value), second(~value) {}
    bool whole() const { return first == ~second; }
    std::uint64_t first;
    std::uint64_t second;
};

struct Board {
    Field<Pair> pairs[3];
    Field<Board> next;
    static constexpr auto ouro_fields = fields<&Board::pairs, &Board::next>;
};

class SharedFields : public HeapTest {
protected:
    SharedFields() : HeapTest(kBytes, testing::with_background()) {}
    void TearDown() override {
        collector().stop();
        HeapTest::TearDown();
    }
};

/// One random operation on one field; false iff it has met half an object.
bool operate(Field<Pair>& field, Ref<Pair>& mine, std::uint32_t what, ManagedHeap& managed) {
    switch (what) {
        case 0: mine = field; break;
        case 1: field = mine; break;
        case 2: mine = field.exchange(std::move(mine)); break;
        case 3: mine = field.take(); break;
        case 4: field = std::move(mine); break;
        case 5: field = managed.make<Pair>(std::uint64_t{what} << 40); break;
        default:
            if (const Ref<Pair> seen = field.load()) return seen->whole();
            break;
    }
    return !mine || mine->whole();
}

TEST_F(SharedFields, any_mix_of_operations_keeps_counts_exact_and_objects_whole) {
    testing::SeededRandom seeds = testing::seeded_random();
    SCOPED_TRACE(seeds.seed_text());
    Ref<Board> board = make<Board>();
    std::uint32_t seed[kThreads];
    for (std::uint32_t& value : seed) value = seeds.below(1u << 30);
    bool whole[kThreads] = {};
    testing::run_threads(kThreads, [&](std::size_t thread) {
        std::uint32_t state = seed[thread] | 1;
        Ref<Pair> mine = managed().make<Pair>(thread);
        bool good = true;
        for (std::size_t i = 0; i < testing::repeats(40'000); ++i) {
            state = state * 1664525u + 1013904223u;
            good = operate(board->pairs[(state >> 16) % 3], mine, (state >> 20) % 7, managed()) &&
                   good;
        }
        whole[thread] = good;
    });
    for (const bool good : whole) EXPECT_TRUE(good);
    std::size_t held = 0;
    for (int i = 0; i < 3; ++i) {
        const Ref<Pair> pair = board->pairs[i];
        if (!pair) continue;
        std::uint32_t fields = 0;
        for (int j = 0; j < 3; ++j) {
            const bool same = board->pairs[j].load() == pair;
            fields += same ? 1 : 0;
            held += same && j == i && fields == 1 ? 1 : 0;
        }
        EXPECT_EQ(refcount(pair), fields + 1);
    }
    EXPECT_EQ(live_objects(), held + 1);
    board.reset();
    EXPECT_EQ(live_objects(), 0u) << "by count alone: nothing here is a cycle";
}

// Rules 5 and 6: references that move from field to field while the collector looks for them. If a
// move were missed, a node of the chain would be reclaimed while it is in nobody's hands but ours.
TEST_F(SharedFields, references_that_wander_between_cyclic_objects_are_never_lost) {
    constexpr std::uint32_t kBoards = 8;
    std::vector<Ref<Board>> boards;
    for (std::uint32_t i = 0; i < kBoards; ++i) boards.push_back(make<Board>());
    for (std::uint32_t i = 0; i < kBoards; ++i) {
        boards[i]->next = make<Board>();
        boards[i]->next->next = boards[i];
        boards[i]->next->pairs[0] = make<Pair>(i);
    }
    platform::atomic<std::uint32_t> lost{0};
    testing::run_threads(kThreads, [&](std::size_t thread) {
        std::uint32_t state = static_cast<std::uint32_t>(thread) * 2 + 1;
        for (std::size_t i = 0; i < testing::repeats(20'000); ++i) {
            state = state * 1664525u + 1013904223u;
            Field<Board>& from = boards[(state >> 12) % kBoards]->next;
            Field<Board>& to = boards[(state >> 20) % kBoards]->next;
            Ref<Board> moved = to.exchange(from.take());
            const Ref<Board> seen = from.exchange(std::move(moved));
            if (seen) to.store(seen);
            if (const Ref<Board> board = from.load()) {
                const Ref<Pair> pair = board->pairs[0];
                if (pair && !pair->whole()) lost.fetch_add(1, platform::memory_order_relaxed);
            }
            if (i % 512 == 0) testing::drop_ring_of_two<Plain>(managed(), 1, 2);
        }
    });
    EXPECT_EQ(lost.load(platform::memory_order_relaxed), 0u);
    boards.clear();
    collector().stop();
    collect();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(SharedFields, what_all_threads_take_from_one_field_only_one_gets) {
    for (std::size_t round = 0; round < testing::repeats(300); ++round) {
        const Ref<Board> board = make<Board>();
        board->pairs[0] = make<Pair>(round);
        platform::atomic<std::uint32_t> got{0};
        testing::run_threads(kThreads, [&](std::size_t) {
            if (board->pairs[0].take()) got.fetch_add(1, platform::memory_order_relaxed);
        });
        ASSERT_EQ(got.load(platform::memory_order_relaxed), 1u);
        ASSERT_EQ(live_objects(), 1u);
    }
}

TEST_F(SharedFields, a_field_that_is_overwritten_while_others_load_from_it_gives_living_objects) {
    const Ref<Board> board = make<Board>();
    board->pairs[0] = make<Pair>(0);
    bool whole[kThreads] = {true, true, true, true};
    testing::run_threads(kThreads, [&](std::size_t thread) {
        for (std::size_t i = 0; i < testing::repeats(20'000); ++i) {
            if (thread == 0) {
                board->pairs[0] = managed().make<Pair>(i);
            } else {
                const Ref<Pair> pair = board->pairs[0];
                whole[thread] = whole[thread] && pair && pair->whole() && refcount(pair) >= 1;
            }
        }
    });
    for (const bool good : whole) EXPECT_TRUE(good);
}

}  // namespace
}  // namespace ouro
