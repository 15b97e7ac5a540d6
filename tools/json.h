// Just enough JSON to write what the program found.
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace ouro::tools {

/// The text as a JSON string. Bytes from 0x80 are passed on: valid UTF-8 stays valid.
std::string json_quote(absl::string_view text);

/// An object or an array on one line; members stay in the order in which they were added.
class JsonObject {
public:
    JsonObject& add(absl::string_view name, absl::string_view value) {
        return add_raw(name, json_quote(value));
    }
    JsonObject& add(absl::string_view name, const char* value) {
        return add(name, absl::string_view(value));
    }
    JsonObject& add(absl::string_view name, bool value) {
        return add_raw(name, value ? "true" : "false");
    }
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    JsonObject& add(absl::string_view name, T value) {
        return add_raw(name, absl::StrCat(value));
    }
    /// Takes: a value that is JSON already.
    JsonObject& add_raw(absl::string_view name, absl::string_view json);

    std::string str() const { return absl::StrCat("{", members_, "}"); }

private:
    std::string members_;
};

/// Takes: values that are JSON already.
std::string json_array(const std::vector<std::string>& values);

}  // namespace ouro::tools
