// Goal: no script notices a second thread that does collections up to their decision all the time
// and takes them back. Method: tests/gcscript's scripts with Collector::rehearse() beside them.
#include <gtest/gtest.h>

#include "tests/gcscript/script_suite.h"

namespace ouro::testing {
namespace {

using ShadowedScripts = ScriptTest;

TEST_P(ShadowedScripts, prints_what_python_does) {
    tools::ScriptOptions options;
    options.shadow = true;
    EXPECT_GT(run(options).rehearsals, 0U) << "the second thread did nothing";
}

INSTANTIATE_TEST_SUITE_P(Shadow, ShadowedScripts, ::testing::ValuesIn(all_scripts()), test_name);

}  // namespace
}  // namespace ouro::testing
