#include "tools/json.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace ouro::tools {

std::string json_quote(absl::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += {'\\', c};
        } else if (static_cast<unsigned char>(c) < 0x20) {
            absl::StrAppendFormat(&quoted, "\\u%04x", c);
        } else {
            quoted.push_back(c);
        }
    }
    quoted.push_back('"');
    return quoted;
}

JsonObject& JsonObject::add_raw(absl::string_view name, absl::string_view json) {
    absl::StrAppend(&members_, members_.empty() ? "" : ", ", json_quote(name), ": ", json);
    return *this;
}

std::string json_array(const std::vector<std::string>& values) {
    return absl::StrCat("[", absl::StrJoin(values, ", "), "]");
}

}  // namespace ouro::tools
