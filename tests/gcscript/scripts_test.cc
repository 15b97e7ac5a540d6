// Every script prints what CPython 3.11's own objects do.
#include <gtest/gtest.h>

#include "tests/gcscript/script_suite.h"

namespace ouro::testing {
namespace {

class Scripts : public ::testing::TestWithParam<int> {};

TEST_P(Scripts, PrintWhatPythonDoes) { run_scripts(GetParam(), {}); }

INSTANTIATE_TEST_SUITE_P(Shard, Scripts, ::testing::Range(0, kScriptShards));

}  // namespace
}  // namespace ouro::testing
