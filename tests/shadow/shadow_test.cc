// No script notices a second thread that does collections up to their decision all the time.
#include <gtest/gtest.h>

#include "tests/gcscript/script_suite.h"

namespace ouro::testing {
namespace {

class ShadowedScripts : public ::testing::TestWithParam<int> {};

TEST_P(ShadowedScripts, PrintWhatPythonDoes) {
    tools::ScriptOptions options;
    options.shadow = true;
    run_scripts(GetParam(), options);
}

INSTANTIATE_TEST_SUITE_P(Shard, ShadowedScripts, ::testing::Range(0, kScriptShards));

}  // namespace
}  // namespace ouro::testing
