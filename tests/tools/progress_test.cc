// Goal: progress shows on a terminal, only when the work lasts, and leaves the line as it was.
#include "tools/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace ouro::tools {
namespace {

TEST(Progress, is_silent_where_there_is_no_terminal) {
    std::ostringstream out;
    {
        Progress(out, false, "reading", 0).update(1, 2);
    }
    EXPECT_EQ(out.str(), "");
}

TEST(Progress, is_silent_while_the_work_is_short) {
    std::ostringstream out;
    {
        Progress(out, true, "reading", 3'600'000'000'000).update(1, 2);
    }
    EXPECT_EQ(out.str(), "");
}

TEST(Progress, is_shown_at_intervals_and_wiped_off_at_the_end) {
    std::ostringstream out;
    {
        Progress progress(out, true, "reading", 0);
        progress.update(0, 0);
        progress.update(1, 3);
        progress.update(2, 3);
        EXPECT_EQ(out.str(), "\rreading: 33 %\x1b[K");
    }
    EXPECT_EQ(out.str(), "\rreading: 33 %\x1b[K\r\x1b[K");
}

}  // namespace
}  // namespace ouro::tools
