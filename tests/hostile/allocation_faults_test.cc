// Goal: a planted fault refuses what it names, once or from there on, and says so; its text is read
// back. Method: a small heap, one fault after the other (faults/allocation.h).
#include <gtest/gtest.h>

#include "faults/allocation.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using faults::AllocationFault;
using faults::Refuse;
using testing::Plain;

class AllocationFaults : public testing::HeapTest {
protected:
    void TearDown() override {
        faults::disarm();
        HeapTest::TearDown();
    }
    /// Which of four requests are granted: "1011".
    std::string requests() {
        std::string granted;
        for (int i = 0; i < 4; ++i) granted += try_make<Plain>(heap(), i).ok() ? '1' : '0';
        return granted;
    }
};

TEST_F(AllocationFaults, one_request_is_refused_and_the_next_is_granted) {
    faults::arm({Refuse::request, 2});
    EXPECT_FALSE(faults::was_hit());
    EXPECT_EQ(requests(), "1011");
    EXPECT_TRUE(faults::was_hit());
    EXPECT_EQ(faults::requests(), 4u);
}

TEST_F(AllocationFaults, the_rest_is_refused_until_it_is_disarmed) {
    faults::arm({Refuse::rest, 3});
    EXPECT_EQ(requests(), "1100");
    EXPECT_TRUE(faults::was_hit());
    faults::disarm();
    EXPECT_EQ(requests(), "1111");
}

TEST_F(AllocationFaults, a_look_for_a_block_that_fails_makes_the_heap_try_harder) {
    faults::arm({Refuse::block, 1});
    EXPECT_EQ(requests(), "1111");
    EXPECT_TRUE(faults::was_hit());
}

TEST_F(AllocationFaults, a_fault_that_never_comes_is_not_hit) {
    faults::arm({Refuse::request, 5});
    EXPECT_EQ(requests(), "1111");
    EXPECT_FALSE(faults::was_hit());
}

TEST(AllocationFaultText, is_read_back) {
    for (const AllocationFault fault : {AllocationFault{Refuse::block, 1},
                                        {Refuse::request, 77},
                                        {Refuse::rest, 4'000'000'000}}) {
        AllocationFault read;
        EXPECT_TRUE(faults::from_text(faults::to_text(fault), read)) << faults::to_text(fault);
        EXPECT_EQ(read, fault);
    }
    EXPECT_EQ(faults::to_text({}), "");
}

TEST(AllocationFaultText, that_is_none_is_refused) {
    AllocationFault fault;
    for (const char* text : {"", "request", "request:", "request:0", "request:1x", "request:-1",
                             "nothing:1", "Request:1", "request:99999999999"})
        EXPECT_FALSE(faults::from_text(text, fault)) << text;
}

}  // namespace
}  // namespace ouro
