// Goal: the list of an object's weak nodes stays right through every order of entering and leaving,
// and its check finds planted damage. Method: bare nodes on one object, against a plain set.
#include "heap/weak_list.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "heap/reference_count.h"
#include "tests/support/heap_test.h"
#include "tests/support/random.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;

class WeakListTest : public HeapTest {
protected:
    void SetUp() override { object_ = make<Plain>(1); }
    void TearDown() override {
        object_.reset();
        HeapTest::TearDown();
    }
    Ref<Plain> object_;
};

TEST_F(WeakListTest, a_fresh_node_has_no_target) {
    const WeakNode node;
    EXPECT_EQ(node.target(), nullptr);
    EXPECT_EQ(node.upgrade(), nullptr);
    EXPECT_TRUE(object_->empty());
}

TEST_F(WeakListTest, nodes_enter_and_leave_in_any_order) {
    testing::SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    std::vector<std::unique_ptr<WeakNode>> nodes(20);
    std::uint32_t attached = 0;
    for (int i = 0; i < 3000; ++i) {
        auto& node = nodes[random.below(nodes.size())];
        if (node == nullptr) {
            node = std::make_unique<WeakNode>();
            node->attach(heap(), object_.get());
            ++attached;
        } else {
            node->detach();
            ASSERT_EQ(node->target(), nullptr);
            node.reset();
            --attached;
        }
        ASSERT_EQ(object_->count(heap()), attached);
        ASSERT_EQ(object_->empty(), attached == 0);
        ASSERT_TRUE(object_->is_sound(object_.get()));
    }
    for (auto& node : nodes) {
        if (node != nullptr) node->detach();
    }
}

TEST_F(WeakListTest, detaching_twice_is_harmless) {
    WeakNode node;
    node.detach();
    node.attach(heap(), object_.get());
    node.detach();
    node.detach();
    EXPECT_TRUE(object_->empty());
}

TEST_F(WeakListTest, a_node_may_be_attached_again) {
    const Ref<Plain> other = make<Plain>(2);
    WeakNode node;
    node.attach(heap(), object_.get());
    node.detach();
    node.attach(heap(), other.get());
    EXPECT_EQ(node.target(), other.get());
    node.detach();
}

TEST_F(WeakListTest, cutting_kills_every_node_and_empties_the_list) {
    WeakNode nodes[5];
    for (WeakNode& node : nodes) node.attach(heap(), object_.get());
    DueCallbacks due;
    object_->cut_all(heap(), due);
    EXPECT_TRUE(due.empty());
    EXPECT_TRUE(object_->empty());
    for (WeakNode& node : nodes) {
        EXPECT_EQ(node.target(), nullptr);
        EXPECT_EQ(node.upgrade(), nullptr);
        node.detach();
    }
    EXPECT_EQ(object_->count(heap()), 0u);
}

TEST_F(WeakListTest, an_upgrade_holds_a_reference) {
    WeakNode node;
    node.attach(heap(), object_.get());
    EXPECT_EQ(node.upgrade(), object_.get());
    EXPECT_EQ(testing::header_of(object_)->load_word().count(), 2u);
    detail::release(object_.get());
    node.detach();
}

TEST_F(WeakListTest, a_list_with_nodes_of_another_object_is_not_sound) {
    const Ref<Plain> other = make<Plain>(2);
    WeakNode node;
    node.attach(heap(), object_.get());
    EXPECT_TRUE(object_->is_sound(object_.get()));
    EXPECT_FALSE(object_->is_sound(other.get()));
    node.detach();
}

}  // namespace
}  // namespace ouro
