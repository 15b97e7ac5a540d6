// Goal: the intern table holds one string per text, whatever the number of buckets and threads.
// Method: the table through try_intern, many texts in few buckets, threads that race for a text.
#include "heap/intern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heap/query.h"
#include "heap/values.h"
#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::HeapTest;

class InternTest : public HeapTest {
protected:
    void with_buckets(std::uint32_t buckets) {
        ManagedHeapConfig config = testing::manual();
        config.heap.intern_buckets = buckets;
        restart(config);
    }
};

TEST_F(InternTest, the_count_of_an_interned_string_is_never_written) {
    const Ref<String> string = try_intern(heap(), "x").value();
    const std::uint64_t word = header_of(string.get())->load_word().bits;
    const Ref<Object> object = string;
    std::vector<Ref<Object>> copies(100, object);
    for (const Ref<Object>& copy : copies) EXPECT_EQ(cast<String>(copy)->text(), "x");
    copies.clear();
    EXPECT_TRUE(resolve(id(string)).value() == object);
    EXPECT_EQ(refcount(string), kImmortal);
    EXPECT_EQ(header_of(string.get())->load_word().bits, word);
}

TEST_F(InternTest, a_handle_that_outlives_the_heap_touches_nothing_of_the_next_one) {
    Ref<Object> handle = try_intern(heap(), "x").value();
    const std::uintptr_t address = id(handle).address;
    restart(testing::manual());
    const Ref<String> next = try_string(heap(), "y").value();
    ASSERT_EQ(id(next).address, address) << "the first object of a heap like the one before";
    const std::uint64_t word = header_of(next.get())->load_word().bits;
    {
        const Ref<Object> copy = handle;
        handle.reset();
    }
    EXPECT_EQ(header_of(next.get())->load_word().bits, word);
    EXPECT_EQ(next->text(), "y");
    EXPECT_TRUE(testing::is_sound(collector()));
}

TEST_F(InternTest, an_empty_table_finds_nothing) {
    EXPECT_EQ(heap().interned().find("x"), nullptr);
    EXPECT_EQ(heap().interned().find(""), nullptr);
    EXPECT_EQ(heap().interned().count(), 0u);
}

TEST_F(InternTest, many_texts_in_one_bucket_stay_apart) {
    with_buckets(1);
    std::vector<Ref<String>> strings;
    for (int i = 0; i < 300; ++i)
        strings.push_back(try_intern(heap(), "text " + std::to_string(i)).value());
    EXPECT_EQ(heap().interned().count(), 300u);
    for (int i = 0; i < 300; ++i) {
        const std::string text = "text " + std::to_string(i);
        ASSERT_EQ(strings[i]->text(), text);
        ASSERT_EQ(heap().interned().find(text), strings[i].get());
        ASSERT_EQ(try_intern(heap(), text).value(), strings[i]);
    }
    EXPECT_EQ(heap().interned().find("text 300"), nullptr);
}

TEST_F(InternTest, the_empty_text_can_be_interned) {
    const Ref<String> a = try_intern(heap(), "").value();
    EXPECT_EQ(try_intern(heap(), "").value(), a);
    EXPECT_EQ(a->text(), "");
}

TEST_F(InternTest, without_buckets_strings_are_made_but_not_shared) {
    with_buckets(0);
    const Ref<String> a = try_intern(heap(), "x").value();
    const Ref<String> b = try_intern(heap(), "x").value();
    EXPECT_EQ(a->text(), "x");
    EXPECT_NE(a, b);
    EXPECT_EQ(heap().interned().count(), 0u);
}

TEST_F(InternTest, threads_that_race_for_a_text_get_the_same_string) {
    constexpr std::size_t kThreads = 4;
    constexpr int kTexts = 200;
    std::vector<std::vector<Id>> found(kThreads);
    testing::run_threads(kThreads, [&](std::size_t thread) {
        for (int i = 0; i < kTexts; ++i)
            found[thread].push_back(id(try_intern(heap(), std::to_string(i)).value()));
    });
    for (std::size_t thread = 1; thread < kThreads; ++thread) EXPECT_EQ(found[thread], found[0]);
    EXPECT_EQ(heap().interned().count(), static_cast<std::uint32_t>(kTexts));
    EXPECT_EQ(live_objects(), static_cast<std::size_t>(kTexts)) << "the losers' strings are gone";
}

TEST_F(InternTest, a_text_is_entered_once) {
    const Ref<String> first = try_intern(heap(), "x").value();
    const Ref<String> second = try_string(heap(), "x").value();
    String* entered = heap().interned().enter(const_cast<String*>(second.get()));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(entered), id(first).address);
    EXPECT_FALSE(second->is_interned());
    EXPECT_EQ(heap().interned().count(), 1u);
}

TEST_F(InternTest, the_id_of_a_string_that_is_not_interned_resolves_to_it) {
    const Ref<String> string = try_string(heap(), "x").value();
    EXPECT_TRUE(resolve(id(string)).value() == Ref<Object>(string));
    EXPECT_EQ(refcount(string), 1u);
}

}  // namespace
}  // namespace ouro
