// Goal: verify() of the collector's records names what is damaged, and ends whatever they hold.
// Method: every bit of a record flipped by itself, at rest and in the middle of a pass; the
// references among the records; one lock.
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "heap/verify_parts.h"
#include "tests/support/heap_test.h"
#include "tests/support/pass_test.h"
#include "tests/support/record_damage.h"

namespace ouro {
namespace {

using testing::change_words;
using testing::flip_all;
using testing::HeapTest;
using testing::PassTest;
using testing::Plain;

class PassVerifyTest : public PassTest {
protected:
    std::set<std::string> named_by_flips() {
        std::set<std::string> named;
        flip_all(&pass_, sizeof pass_, &heap_, [&] {
            if (const char* broken = pass_.verify()) named.insert(broken);
        });
        return named;
    }
};

TEST_F(PassVerifyTest, a_pass_that_is_none_has_no_phase_no_list_and_no_flag) {
    EXPECT_EQ(pass_.verify(), nullptr);
    const std::set<std::string> named = named_by_flips();
    for (const char* sentence :
         {"pass: the phase", "pass: a flag or a count", "pass: a list of pages",
          "pass: a list while no pass is under way"})
        EXPECT_TRUE(named.contains(sentence)) << sentence;
    EXPECT_EQ(pass_.verify(), nullptr);
}

TEST_F(PassVerifyTest, a_pass_under_way_has_its_cursors_where_pages_are) {
    const Ref<Plain> kept = make<Plain>(1);
    for (int i = 0; i < 20; ++i) {
        const Ref<Plain> next = make<Plain>(i);
        next->left = kept->left;
        kept->left = next;
    }
    for (int i = 0; i < 20; ++i) {
        Ref<Plain> ring = make<Plain>(i);
        ring->left = ring;
    }
    pass_.begin({});
    std::set<std::string> named;
    for (int step = 0; !pass_.idle(); ++step) {
        ASSERT_EQ(pass_.verify(), nullptr);
        if (step % 16 == 2) named.merge(named_by_flips());
        pass_.step(7);
    }
    EXPECT_TRUE(named.contains("pass: a cursor"));
    EXPECT_EQ(pass_.verify(), nullptr);
    kept->left = nullptr;
}

TEST_F(PassVerifyTest, a_release_that_is_put_off_is_one_of_an_object) {
    heap_.postpone_release(reinterpret_cast<void*>(make<Plain>(1).detach()));
    PassOptions options;
    options.only_postponed = true;
    run(options);
    EXPECT_EQ(pass_.verify(), nullptr);
    EXPECT_TRUE(named_by_flips().contains("pass: a postponed release"));
    heap_.settle_postponed(pass_.take_postponed(), 0);
}

TEST_F(PassVerifyTest, a_list_that_is_not_empty_between_passes_is_named) {
    SetPages set;
    set.add(heap_.blocks(), 0);
    EXPECT_STREQ(pass_.verify(), "pass: a list of pages");
    set.take(heap_.blocks());
    EXPECT_EQ(pass_.verify(), nullptr);
}

TEST_F(PassVerifyTest, the_batch_names_the_pass_and_the_heap_that_it_belongs_to) {
    PassLock lock;
    Batch batch(heap_, pass_, lock);
    EXPECT_TRUE(batch.is_sound(heap_, pass_, lock));
    for (const void* its : {static_cast<const void*>(&heap_), static_cast<const void*>(&pass_),
                            static_cast<const void*>(&lock)}) {
        EXPECT_EQ(change_words(&batch, sizeof batch, its,
                               [&] { EXPECT_FALSE(batch.is_sound(heap_, pass_, lock)); }),
                  1);
    }
    int named = 0;
    flip_all(&batch, sizeof batch, &heap_,
             [&] { named += batch.is_sound(heap_, pass_, lock) ? 0 : 1; });
    EXPECT_GT(named, 2 * 48) << "and places that are none";
}

class CollectorVerifyTest : public HeapTest {};

TEST_F(CollectorVerifyTest, the_collectors_references_agree) {
    std::set<std::string> named;
    EXPECT_GE(change_words(&collector(), sizeof(Collector), &heap(),
                           [&] { named.insert(collector().verify().invariant); }),
              3);
    EXPECT_TRUE(named.contains("collector record: the heap"));
    EXPECT_TRUE(named.contains("the record of the batch"));
}

TEST_F(CollectorVerifyTest, what_a_pass_would_follow_is_checked_before_it_goes_on) {
    Ref<Plain> ring = make<Plain>(1);
    ring->left = ring;
    auto& field = reinterpret_cast<FieldSlot&>(ring->right);
    ring.reset();
    ASSERT_TRUE(collector().step(1));
    ASSERT_FALSE(static_cast<bool>(verify_structure(heap())));
    static std::uint64_t outside[4];
    field.store(reinterpret_cast<std::uintptr_t>(&outside[2]), platform::memory_order_relaxed);
    EXPECT_STREQ(collector().verify().invariant, "a field refers outside all heaps");
    field.store(0, platform::memory_order_relaxed);
    EXPECT_FALSE(static_cast<bool>(collector().verify()));
}

TEST_F(CollectorVerifyTest, a_flag_that_is_none_is_named) {
    std::vector<unsigned char> copy(sizeof(Collector));
    platform::reveal(&collector(), sizeof(Collector));
    std::memcpy(copy.data(), static_cast<const void*>(&collector()), sizeof(Collector));
    collector().disable();
    EXPECT_EQ(testing::for_changed_words(&collector(), copy.data(), sizeof(Collector), 1, 0,
                                         [&](std::uint32_t& word) {
                                             word = 2;
                                             EXPECT_STREQ(
                                                 collector().verify().invariant,
                                                 "collector record: a flag or the configuration");
                                         }),
              1);
    collector().enable();
}

TEST_F(CollectorVerifyTest, a_gap_among_the_callbacks_is_named) {
    const Collector::Callback first = [](void*, const CollectInfo&) {};
    EXPECT_TRUE(collector().add_callback(first, this));
    EXPECT_TRUE(collector().add_callback(first, &collector()));
    EXPECT_FALSE(static_cast<bool>(collector().verify()));
    auto* at = reinterpret_cast<unsigned char*>(&collector());
    std::size_t place = 0;
    while (std::memcmp(at + place, &first, sizeof first) != 0) place += sizeof first;
    ASSERT_LT(place, sizeof(Collector));
    std::memset(at + place, 0, sizeof first);
    EXPECT_STREQ(collector().verify().invariant, "collector record: the callbacks");
    std::memcpy(at + place, &first, sizeof first);
    EXPECT_FALSE(static_cast<bool>(collector().verify()));
}

TEST_F(CollectorVerifyTest, hooks_that_are_not_its_own_are_named) {
    void*& self = heap().hooks().self;
    self = &self;
    EXPECT_STREQ(collector().verify().invariant, "heap record: the collector's hooks");
    self = &collector();
}

TEST_F(CollectorVerifyTest, a_lock_that_nobody_gives_back_is_named) {
    if (!port::kWaitAllowed) return;
    platform::Mutex lock;
    EXPECT_TRUE(is_given_back(lock));
    lock.lock();
    EXPECT_FALSE(is_given_back(lock));
    lock.unlock();
    heap().weak_lock().lock();
    EXPECT_STREQ(collector().verify().invariant, "a lock is held while nothing runs");
    heap().weak_lock().unlock();
}

TEST_F(CollectorVerifyTest, a_hook_that_is_not_the_collectors_is_named) {
    auto* word = reinterpret_cast<std::uintptr_t*>(&heap().hooks());
    for (std::size_t i = 0; i < sizeof(CollectorHooks) / sizeof *word; ++i) {
        word[i] ^= 0x10;
        EXPECT_STREQ(collector().verify().invariant, "heap record: the collector's hooks") << i;
        word[i] ^= 0x10;
    }
    EXPECT_FALSE(static_cast<bool>(collector().verify()));
}

}  // namespace
}  // namespace ouro
