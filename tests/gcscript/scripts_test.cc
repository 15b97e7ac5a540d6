// Goal: every script prints what CPython 3.11's own objects do.
// Method: the files of cases/ and random/ against their expected output, one test a script.
#include <gtest/gtest.h>

#include "tests/gcscript/script_suite.h"

namespace ouro::testing {
namespace {

TEST(ScriptFiles, are_all_here) {
    EXPECT_EQ(all_scripts().size(), 425U) << "README.md counts them too";
}

using Scripts = ScriptTest;

TEST_P(Scripts, prints_what_python_does) { run({}); }

INSTANTIATE_TEST_SUITE_P(Plain, Scripts, ::testing::ValuesIn(all_scripts()), test_name);

}  // namespace
}  // namespace ouro::testing
