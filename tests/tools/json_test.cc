// Goal: what the program writes as JSON is JSON.
#include "tools/json.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace ouro::tools {
namespace {

TEST(Json, strings_are_escaped) {
    EXPECT_EQ(json_quote(""), R"("")");
    EXPECT_EQ(json_quote("a \"b\" c:\\d"), R"("a \"b\" c:\\d")");
    EXPECT_EQ(json_quote("tab\tline\n\x01"), R"("tab\u0009line\u000a\u0001")");
    EXPECT_EQ(json_quote("größer"), "\"größer\"");
}

TEST(Json, objects_keep_their_members_in_order) {
    EXPECT_EQ(JsonObject().str(), "{}");
    EXPECT_EQ(JsonObject()
                  .add("z", "text")
                  .add("a", true)
                  .add("n", std::uint64_t{18446744073709551615u})
                  .add("i", -1)
                  .add_raw("list", json_array({"1", json_quote("two")}))
                  .str(),
              R"({"z": "text", "a": true, "n": 18446744073709551615, "i": -1, )"
              R"("list": [1, "two"]})");
    EXPECT_EQ(json_array({}), "[]");
}

}  // namespace
}  // namespace ouro::tools
